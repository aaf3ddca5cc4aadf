import type { Declaration, OptionDeclaration } from "#cli/declare.ts";

const forms: readonly OptionDeclaration[] = [
  ["--json", "print JSON"],
  ["--yaml", "print YAML"],
];

/** `vdc package`: packages before they are in a data center. Nothing here talks to one. */
export const packageCommand: Declaration = {
  name: "package",
  summary: "Build, look into, verify and sign packages",
  description:
    "Work with packages on this machine. A package is one file that holds everything an application needs:\nvdc-app.yaml, the files of its components, a bill of materials, signatures. See docs/guides/packages.md.",
  uses: "nothing",
  examples: ["vdc package init", "vdc package build", "vdc package inspect shop-1.0.0.vdc.tar"],
  commands: [
    {
      name: "init",
      words: "[folder]",
      summary: "Write the files that make a package of a folder",
      description:
        "Write vdc-app.yaml, compose.yaml and .vdcignore for what is in the folder: a Node or Python application, a\nCompose file, or nothing yet. No file that is there is changed.",
      options: forms,
      uses: "nothing",
      examples: ["vdc package init", "vdc package init shop/"],
      load: async () => (await import("#cli/commands/package.ts")).packageInit,
    },
    {
      name: "build",
      words: "[folder]",
      summary: "Build a package from a folder",
      description:
        "Build a package from a folder with vdc-app.yaml or a Compose file. The same files give the same digest, on\nany machine. What .vdcignore names stays out, and .git and node_modules/.cache always do.",
      options: [["-o, --out <file>", "where the package goes; ID-VERSION.vdc.tar when absent"], ...forms],
      uses: "nothing",
      examples: ["vdc package build", "vdc package build shop/ -o shop.vdc.tar"],
      load: async () => (await import("#cli/commands/package.ts")).packageBuild,
    },
    {
      name: "inspect",
      words: "<file>",
      summary: "Show everything that is in a package, and run nothing of it",
      options: forms,
      uses: "nothing",
      examples: ["vdc package inspect shop-1.0.0.vdc.tar", "vdc package inspect shop-1.0.0.vdc.tar --json"],
      load: async () => (await import("#cli/commands/package.ts")).packageInspect,
    },
    {
      name: "verify",
      words: "<file>",
      summary: "Check that a package is whole, and who signed it",
      description:
        "Check every digest, name and limit of a package, as a data center does when it is uploaded. With --key it\nfails unless one of these keys signed it.",
      options: [
        [
          "--key <key>",
          "public key (ed25519:…) or key id (sha256:…) that has to have signed; may be given again",
          "repeatable",
        ],
        ...forms,
      ],
      uses: "nothing",
      examples: [
        "vdc package verify shop-1.0.0.vdc.tar",
        "vdc package verify shop-1.0.0.vdc.tar --key ed25519:AbC…=",
      ],
      load: async () => (await import("#cli/commands/package.ts")).packageVerify,
    },
    {
      name: "sign",
      words: "<file>",
      summary: "Add a signature to a package",
      description:
        "Sign the digest of a package with an Ed25519 key. The digest stays the same; several may sign.",
      options: [
        ["--key <file>", "file with the private key, as `vdc package keygen` makes it", "repeatable"],
      ],
      uses: "nothing",
      examples: ["vdc package sign shop-1.0.0.vdc.tar --key release.key"],
      load: async () => (await import("#cli/commands/package.ts")).packageSign,
    },
    {
      name: "keygen",
      words: "<file>",
      summary: "Make a key to sign packages with",
      description: "Make an Ed25519 key pair: the private key goes into the file, the public one is printed.",
      options: forms,
      uses: "nothing",
      examples: ["vdc package keygen release.key"],
      load: async () => (await import("#cli/commands/package.ts")).packageKeygen,
    },
  ],
};
