"""Files that come with llem: the quickstart experiment and the built-in prompts."""
