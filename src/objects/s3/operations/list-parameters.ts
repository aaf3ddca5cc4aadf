import { S3Error } from "#objects/s3-error.ts";
import type { VerifiedRequest } from "#objects/s3/verified.ts";

import { leaf } from "../xml/write.ts";
import { urlEncode } from "../xml/escape.ts";

/** What every list of keys takes. */
export interface ListParameters {
  readonly prefix: string;
  /** Empty: no grouping. */
  readonly delimiter: string;
  /** How names are written into the answer. */
  readonly encode: (name: string) => string;
  /** The parameters, as answers repeat them. */
  readonly echo: string;
}

/** `prefixIsPlain`: in ListObjects, SDKs decode every name but the prefix that is repeated to them. */
export function listParametersOf(request: VerifiedRequest, prefixIsPlain = false): ListParameters {
  const encoding = request.query.get("encoding-type");
  if (encoding !== undefined && encoding.toLowerCase() !== "url")
    throw new S3Error("InvalidArgument", "encoding-type must be url.", {
      details: { ArgumentName: "encoding-type", ArgumentValue: encoding },
    });
  const encode = encoding === undefined ? (name: string) => name : urlEncode;
  const prefix = request.query.get("prefix") ?? "";
  const delimiter = request.query.get("delimiter") ?? "";
  return {
    prefix,
    delimiter,
    encode,
    echo:
      leaf("Prefix", prefixIsPlain ? prefix : encode(prefix)) +
      leaf("Delimiter", delimiter === "" ? undefined : encode(delimiter)) +
      leaf("EncodingType", encoding),
  };
}

/** `<Owner>` or `<Initiator>`: the project, which is all that there is to an owner here. */
export function ownerElement(project: string, name = "Owner"): string {
  return `<${name}>${leaf("ID", project)}${leaf("DisplayName", project)}</${name}>`;
}
