import type { Context } from "../context.ts";
import { CliError } from "../exit.ts";
import { formatBytes } from "../../oci/size.ts";
import { type Engine, type EngineImage, NoEngineError } from "./engine.ts";
import { engineAddress } from "./engine-address.ts";
import { engineApi } from "./engine-api.ts";
import { engineProgram } from "./engine-program.ts";
import { requireRoom, spool, type Spool, temporaryDirectory } from "./spool.ts";

/** An image's archive, and the engine's description of it. */
export interface SpooledImage extends Spool {
  readonly image: EngineImage;
}

/** Saves an engine's image into a temporary file, since an engine's stream cannot be read from an offset. */
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

/**
 * Inspects an image by the API. If that is out of reach, uses the docker program, which knows contexts, ssh and
 * certificates.
 */
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

/**
 * Returns a handler that throws the API's failure if the docker program found no engine either: the API's failure says
 * more, and the program may not even be installed.
 */
function unlessNoEngine(first: NoEngineError): (failure: unknown) => never {
  return (failure) => {
    throw failure instanceof NoEngineError ? first : failure;
  };
}

/**
 * Returns a name with a tag, since the engine would otherwise save all tags of a repository. An id, which has no tag,
 * stays as it is.
 */
function oneName(given: string, { RepoTags }: EngineImage): string {
  return RepoTags?.includes(`${given}:latest`) ? `${given}:latest` : given;
}
