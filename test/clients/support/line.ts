import { type RunningProxy, startProxy } from "./cli.ts";
import { type Meter, startMeter } from "./meter.ts";
import { type LimitingNginx, startNginx } from "./nginx.ts";

/** The way from a client to a registry: `spacedock proxy`, then a meter, then a proxy with the limit of a zone's plan. */
interface Line {
  readonly proxy: RunningProxy;
  readonly meter: Meter;
  readonly nginx: LimitingNginx;
  stop(): Promise<void>;
}

export async function openLine(registry: string): Promise<Line> {
  const nginx = await startNginx(registry);
  const meter = await startMeter(Number(nginx.host.split(":")[1]));
  const proxy = await startProxy(`http://${meter.host}`);
  return {
    proxy,
    meter,
    nginx,
    stop: async () => {
      for (const part of [proxy, meter, nginx]) await part.stop();
    },
  };
}
