"""The reference site: pages written from the registry, guides beside them."""
