import { AwsClient } from "aws4fetch";

/** Where the bucket is to be had by S3's protocol, and a key that may read it. */
export interface S3Access {
  /** As in `https://<account>.r2.cloudflarestorage.com/<bucket>`. */
  readonly url: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Makes an address at which anybody may read the object under this key, for a while. */
export type Presign = (key: string) => Promise<string>;

/** Seconds: a client follows at once; what it has begun to read goes on. */
const LIFETIME = 300;

/** Signs as AWS has it (Signature Version 4, in the query), which R2 verifies. */
export function presigner({ url, ...credentials }: S3Access): Presign {
  const client = new AwsClient({ ...credentials, service: "s3", region: "auto" });
  return async (key) => {
    const address = new URL(`${url.replace(/\/$/, "")}/${key}`);
    address.searchParams.set("X-Amz-Expires", String(LIFETIME));
    return (await client.sign(address, { method: "GET", aws: { signQuery: true } })).url;
  };
}
