/** Aborts a multipart upload. R2 answers 10024 if the upload was completed or aborted before. */
export async function abortMultipart(
  bucket: R2Bucket,
  { key, uploadId }: { readonly key: string; readonly uploadId: string | null },
): Promise<void> {
  try {
    await bucket.resumeMultipartUpload(key, uploadId ?? "").abort();
  } catch (fault) {
    if (!(fault instanceof Error && fault.message.includes("10024"))) throw fault;
  }
}
