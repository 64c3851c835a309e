import * as z from "zod";

const worker = z.looseObject({
  config: z.looseObject({
    env: z.record(z.string(), z.looseObject({ type: z.string(), dev: z.unknown().optional() })).default({}),
  }),
});

const binding = z.looseObject({ options: z.object({ service: z.string(), id: z.string() }) });

/** A plugin of Miniflare for bindings to a database or a bucket by the protocol below their API, which wrangler's remote bindings speak. */
export const plugins = {
  raw: {
    getBindings: (options: unknown): readonly object[] =>
      Object.entries(worker.parse(options).config.env)
        .filter(([, { type }]) => type === "unsafe:raw")
        .map(([name, { dev }]) => {
          const { service, id } = binding.parse(dev).options;
          return { name, service: { name: service, props: { json: JSON.stringify({ MINIFLARE_NAMESPACE: id }) } } };
        }),
    getNodeBindings: (): object => ({}),
    getServices: (): readonly object[] => [],
  },
};
