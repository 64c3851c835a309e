import type { Context } from "../context.ts";
import { CliError } from "../exit.ts";
import { formatBytes } from "../../oci/size.ts";
import { type Engine, type EngineImage, NoEngineError } from "./engine.ts";
import { engineAddress } from "./engine-address.ts";
import { engineApi } from "./engine-api.ts";
import { engineProgram } from "./engine-program.ts";
import { requireRoom, spool, type Spool, temporaryDirectory } from "./spool.ts";

/** An image's archive, and what the engine said of it. */
export interface SpooledImage extends Spool {
  readonly image: EngineImage;
}

/** Reads an image out of the engine, into a temporary file: an engine's stream cannot be read from an offset. */
export async function spoolEngineImage(
  context: Context,
  given: string,
  platform: string | null,
  beforeReading: () => Promise<void>,
): Promise<SpooledImage> {
  const { env, output } = context;
  const { engine, image } = await inspect(context, given);
  if (image === null) {
    throw new CliError("not-found", `the Docker engine has no image "${given}", and there is no such file`, {
      hint: "List its images: docker image ls",
    });
  }
  await beforeReading();
  await requireRoom(env, image.Size);
  const size = formatBytes(image.Size);
  output.note(
    `Reading ${given}, about ${size}, from the Docker engine into a temporary file in ${temporaryDirectory(env)}`,
  );
  const progress = output.progress();
  const bar = progress.bar(given, image.Size);
  try {
    const spooled = await spool(engine.save(oneName(given, image), platform), {
      env,
      onProgress: (done) => bar.update(done),
    });
    bar.end("read");
    return { ...spooled, image };
  } finally {
    progress.close();
  }
}

interface Inspected {
  readonly engine: Engine;
  readonly image: EngineImage | null;
}

/** By the API; where that is out of reach by the docker program, which knows contexts, ssh and certificates. */
async function inspect(context: Context, name: string): Promise<Inspected> {
  const address = await engineAddress(context.env);
  const program = engineProgram(context);
  if (address === null) return { engine: program, image: await program.inspect(name) };
  const api = engineApi(address, context.signal);
  try {
    return { engine: api, image: await api.inspect(name) };
  } catch (failure) {
    if (!(failure instanceof NoEngineError)) throw failure;
    return { engine: program, image: await program.inspect(name).catch(unlessNoEngine(failure)) };
  }
}

/** The API's own failure says more than that of a program which is perhaps not there. */
function unlessNoEngine(first: NoEngineError): (failure: unknown) => never {
  return (failure) => {
    throw failure instanceof NoEngineError ? first : failure;
  };
}

/** Without a tag the engine would save all the tags of a repository. An id, which has no tag, stays as it is. */
function oneName(given: string, { RepoTags }: EngineImage): string {
  return RepoTags?.includes(`${given}:latest`) ? `${given}:latest` : given;
}
