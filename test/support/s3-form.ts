import { createHmac } from "node:crypto";
import { deriveSigningKey, sign } from "#objects/s3/auth/signing-key.ts";
import { exampleCredentials, exampleKey, exampleTime, rawRequest } from "./s3-auth.ts";
import type { RawRequest } from "#objects/s3/auth/raw-request.ts";

export type FormFields = readonly (readonly [string, string])[];

export const formCredential = `${exampleKey.accessKeyId}/20130524/us-east-1/s3/aws4_request`;
const boundary = "9431149156168";

/** A policy as a form carries it, with the conditions that its signature needs. */
export function formPolicy(conditions: readonly unknown[], expiration = exampleTime + 60_000): string {
  const own = [
    { "x-amz-algorithm": "AWS4-HMAC-SHA256" },
    { "x-amz-credential": formCredential },
    { "x-amz-date": "20130524T000000Z" },
  ];
  const document = { expiration: new Date(expiration).toISOString(), conditions: [...conditions, ...own] };
  return Buffer.from(JSON.stringify(document)).toString("base64");
}

export function signedFields(policy: string): FormFields {
  const signingKey = deriveSigningKey(exampleCredentials.secretAccessKey, {
    date: "20130524",
    region: "us-east-1",
  });
  return [
    ["X-Amz-Algorithm", "AWS4-HMAC-SHA256"],
    ["X-Amz-Credential", formCredential],
    ["X-Amz-Date", "20130524T000000Z"],
    ["Policy", policy],
    ["X-Amz-Signature", sign(signingKey, policy)],
  ];
}

export function signedByVersion2(policy: string): FormFields {
  const signature = createHmac("sha1", exampleKey.secretAccessKey).update(policy).digest("base64");
  return [
    ["AWSAccessKeyId", exampleKey.accessKeyId],
    ["policy", policy],
    ["signature", signature],
  ];
}

/** The parts of a form, then its file and a submit button, as a browser sends them. */
export function formText(fields: FormFields, file: string, fileName = "cat.jpg"): string {
  const part = (header: string, value: string): string => `--${boundary}\r\n${header}\r\n\r\n${value}\r\n`;
  return [
    ...fields.map(([name, value]) => part(`Content-Disposition: form-data; name="${name}"`, value)),
    part(
      `Content-Disposition: form-data; name="file"; filename="${fileName}"\r\nContent-Type: text/plain`,
      file,
    ),
    part('Content-Disposition: form-data; name="submit"', "Upload"),
    `--${boundary}--\r\n`,
  ].join("");
}

export function formRequest(body: string, pieceBytes = 11, target = "/examplebucket"): RawRequest {
  return rawRequest({
    method: "POST",
    target,
    headers: { host: "s3.amazonaws.com", "content-type": `multipart/form-data; boundary=${boundary}` },
    body,
    pieceBytes,
  });
}
