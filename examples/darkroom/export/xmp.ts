import { ascii } from "./bytes.ts";

/** Where a result comes from, so that it can be made again. */
export interface Provenance {
  /** Hash of the kernel package's manifest, and its version. */
  readonly package: string;
  readonly version: string;
  /** TaskIds of the results that the picture was made of. */
  readonly tasks: readonly string[];
  /** What the user chose, by name. */
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
  /** Names of the photographs, in order. */
  readonly sources: readonly string[];
}

const namespace = "https://ns.vdc.example/darkroom/1.0/";
const maxTasks = 64;

/** The same in plain lines, for formats without XMP: `key: value`. */
export function provenanceLines({
  package: kernels,
  version,
  tasks,
  parameters,
  sources,
}: Provenance): string[] {
  return [
    `creator: Darkroom ${version}`,
    `package: ${kernels}`,
    ...sources.map((source) => `source: ${source}`),
    ...Object.entries(parameters).map(([key, value]) => `parameter: ${key}=${value}`),
    `tasks: ${tasks.length}`,
    ...tasks.slice(0, maxTasks).map((task) => `task: ${task}`),
  ];
}

/** An XMP packet (ISO 16684-1) that says where a picture comes from. Of many tasks it names the first ones and the count. */
export function xmpPacket(provenance: Provenance): Uint8Array {
  const bag = (name: string, values: readonly string[]) =>
    `<d:${name}><rdf:Seq>${values.map((value) => `<rdf:li>${escapeXml(value)}</rdf:li>`).join("")}</rdf:Seq></d:${name}>`;
  const parameters = Object.entries(provenance.parameters).map(([key, value]) => `${key}=${value}`);
  return ascii(
    `<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>` +
      `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
      `<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:d="${namespace}"` +
      ` xmp:CreatorTool="Darkroom ${escapeXml(provenance.version)}" d:Package="${escapeXml(provenance.package)}"` +
      ` d:TaskCount="${provenance.tasks.length}">` +
      bag("Tasks", provenance.tasks.slice(0, maxTasks)) +
      bag("Parameters", parameters) +
      bag("Sources", provenance.sources) +
      `</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>`,
  );
}

/** Text for XML 1.0: markup escaped, and characters that XML cannot hold replaced. */
function escapeXml(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\uFFFE\uFFFF]/gu, "\uFFFD")
    .toWellFormed()
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** The packet as a JPEG's APP1 segment. */
export function xmpSegment(packet: Uint8Array): Uint8Array {
  const head = ascii("http://ns.adobe.com/xap/1.0/\0");
  const length = 2 + head.length + packet.length;
  if (length > 0xffff) throw new RangeError("the XMP packet is too long for a JPEG segment");
  const segment = new Uint8Array(length + 2);
  segment.set([0xff, 0xe1, length >> 8, length & 255]);
  segment.set(head, 4);
  segment.set(packet, 4 + head.length);
  return segment;
}
