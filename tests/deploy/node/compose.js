// Prints what the schema of the Compose Specification says of the document on standard input, as JSON.
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { Ajv } from "ajv";

const schema = JSON.parse(await readFile(new URL("node_modules/dclint/schemas/compose.schema.json", import.meta.url)));
// It names its draft by an address that ajv has no document for; the draft is ajv's own.
delete schema.$schema;
const validate = new Ajv({ allErrors: true, strict: false }).compile(schema);
const valid = validate(JSON.parse(await text(process.stdin)));
const errors = (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
process.stdout.write(JSON.stringify({ valid, errors }));
