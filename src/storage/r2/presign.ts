import { AwsClient } from "aws4fetch";

/** The bucket's address by S3's protocol, and a key that may read it. */
export interface S3Access {
  /** The bucket's address, like `https://<account>.r2.cloudflarestorage.com/<bucket>`. */
  readonly url: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Makes an address at which anybody may read the object under this key for a while. */
export type Presign = (key: string) => Promise<string>;

/** Seconds. A client follows at once, and a read that has begun goes on. */
const LIFETIME = 300;

/** Signs addresses by AWS's Signature Version 4, in the query. R2 verifies them. */
export function presigner({ url, ...credentials }: S3Access): Presign {
  const client = new AwsClient({ ...credentials, service: "s3", region: "auto" });
  return async (key) => {
    const address = new URL(`${url.replace(/\/$/, "")}/${key}`);
    address.searchParams.set("X-Amz-Expires", String(LIFETIME));
    return (await client.sign(address, { method: "GET", aws: { signQuery: true } })).url;
  };
}
