// Prints, as JSON, whether ajv in strict mode accepts each instance: `node ajv.mjs < {"schema": ..., "instances": [...]}`.
import { readFileSync } from "node:fs";
import Ajv from "ajv";

const { schema, instances } = JSON.parse(readFileSync(0, "utf-8"));
const ajv = new Ajv({ strict: true, allowUnionTypes: true });
// What editors show beside the words that JSON Schema knows.
for (const word of ["errorMessage", "enumDescriptions", "deprecationMessage", "doNotSuggest", "defaultSnippets"]) ajv.addKeyword(word);
const accepts = ajv.compile(schema);
console.log(JSON.stringify(instances.map((instance) => accepts(instance))));
