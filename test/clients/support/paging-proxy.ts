import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import * as z from "zod";

const tagList = z.looseObject({ tags: z.array(z.string()) });

interface PagingProxy {
  readonly host: string;
  /** The number of pages of tags that were requested. */
  readonly pages: number;
  stop(): Promise<void>;
}

/** Passes everything on to a registry that lists its tags at once, and serves them in pages, as newer registries do. */
export async function startPagingProxy(registry: string, pageSize: number): Promise<PagingProxy> {
  let pages = 0;

  const page = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    pages += 1;
    const { pathname, searchParams } = new URL(incoming.url ?? "/", `http://${registry}`);
    const all = tagList.parse(JSON.parse(await text(incoming))).tags.toSorted();
    const rest = all.filter((tag) => tag > (searchParams.get("last") ?? ""));
    const tags = rest.slice(0, pageSize);
    const next = `<${pathname}?last=${tags.at(-1) ?? ""}&n=${pageSize}>; rel="next"`;
    outgoing.writeHead(200, rest.length > tags.length ? { link: next } : {}).end(JSON.stringify({ tags }));
  };

  const server = createServer((incoming, outgoing) => {
    const { method, url = "/", headers } = incoming;
    const passed = request(`http://${registry}${url}`, { method, headers }, (answer) => {
      answer.url = url;
      if (url.includes("/tags/list") && answer.statusCode === 200) void page(answer, outgoing);
      else answer.pipe(outgoing.writeHead(answer.statusCode ?? 502, answer.headers));
    });
    incoming.pipe(passed);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no TCP address");
  return {
    host: `127.0.0.1:${address.port}`,
    get pages() {
      return pages;
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
