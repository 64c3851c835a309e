import { z } from "zod";
import { collect } from "../collect.ts";
import { defineCommand, defineGroup } from "../command.ts";
import { openManagement } from "../connections.ts";
import { formatAge } from "../output/format.ts";
import { table } from "../output/table.ts";

const list = defineCommand({
  name: "list",
  summary: "List the spaces of the registry",
  examples: ["spaces list", "spaces list --json --registry registry.example.com"],
  input: z.object({}),
  run: async (context) => {
    const management = await openManagement(context);
    try {
      const spaces = await collect(management.list("listSpaces", { path: {} }));
      context.output.show(spaces, () => {
        const rows = spaces.map(({ name, public: isPublic, createdAt }) => [
          name,
          isPublic ? "public" : "private",
          formatAge(createdAt, new Date()),
        ]);
        return table(["space", "visibility", "created"], rows);
      });
    } finally {
      await management.close();
    }
  },
});

export const spaces = defineGroup("spaces", "Show the teams' spaces", [list]);
