// Drives the server with the TypeScript SDK and prints what it saw as JSON.
// Usage: node typescript_client.mjs FOLDER DATA_DIR PYTHON; run beside a node_modules folder.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { ListRootsRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { pathToFileURL } from "node:url";

const [folder, dataDir, python] = process.argv.slice(2);
const client = new Client({ name: "test", version: "1" }, { capabilities: { roots: { listChanged: true } } });
let rootsAsked = 0;
client.setRequestHandler(ListRootsRequestSchema, () => {
  rootsAsked += 1;
  return { roots: [{ uri: pathToFileURL(folder).href, name: "project" }] };
});
const transport = new StdioClientTransport({
  command: python,
  args: ["-m", "fluorite_mcp"],
  env: { ...process.env, FLUORITE_DATA_DIR: dataDir },
  stderr: "inherit",
});
await client.connect(transport);
let progress = 0;
const { tools } = await client.listTools();
const search = await client.callTool(
  { name: "search", arguments: { query: "printShippingLabel" } },
  undefined,
  { onprogress: () => (progress += 1) },
);
const refused = await client.callTool({ name: "search", arguments: { query: "x", limit: 0 } });
const stored = await client.callTool({ name: "store", arguments: { content: "A note from TypeScript." } });
const read = await client.readResource({ uri: `chunk://${stored.structuredContent.id}` });
await client.close();
console.log(
  JSON.stringify({
    tools: tools.map((tool) => tool.name),
    search: search.structuredContent,
    refused: refused.isError ? refused.content[0].text : null,
    read: read.contents[0].text,
    rootsAsked,
    progress,
  }),
);
