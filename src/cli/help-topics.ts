import { errorTable } from "#api/errors.ts";

/** Texts of `vdc help TOPIC`. */
export const topics: ReadonlyMap<string, { readonly summary: string; readonly text: string }> = new Map([
  [
    "contexts",
    {
      summary: "which data center a command talks to",
      text: `A context is a data center that the CLI knows: an address with a token, or a data directory
of this machine, whose socket needs no sign-in. They are kept in
$XDG_CONFIG_HOME/vdc/config.yaml (else ~/.config/vdc/config.yaml), readable by you only.

The nearest word decides:
  1. --data DIR or --context NAME
  2. VDC_URL (with VDC_TOKEN), else VDC_CONTEXT
  3. the current context (vdc context use NAME)
  4. local: the default data directory of this machine

  vdc login https://vdc.example.org:8440
  vdc context list
  vdc get projects --context local
`,
    },
  ],
  [
    "apps",
    {
      summary: "deploying applications and operating them",
      text: `An app is a package with settings. Each change of its package, settings or overrides is a release,
rolled out without dropping requests; one that does not come up is rolled back by itself.

  vdc deploy examples/newsroom          a folder with vdc-app.yaml
  vdc deploy compose.yaml --name shop   a Compose file as it is
  vdc deploy newsroom --name news       a package of the catalogue, the newest version

  vdc app list                          what is there
  vdc app get news                      phase, instances, addresses
  vdc app set news title='Daily'        change a setting: a new release
  vdc app history news                  its releases
  vdc rollback news                     back to the last good one
  vdc scale news web=3                  more copies; no release
  vdc logs news -f                      lines of all its instances
  vdc exec news -it -- sh               a shell in its sandbox
  vdc top news                          what its instances use and serve
  vdc stop news / vdc start news        without losing anything
  vdc remove news                       volumes stay, unless --delete-volumes

Where no project is named, it is 'default'. Secrets are never words of a command:
  --set-secret adminPassword=@password.txt   or =- for stdin, or the name alone to be asked
`,
    },
  ],
  [
    "documents",
    {
      summary: "the files that apply, diff and delete read",
      text: `A document is YAML or JSON. A file may hold several, divided by ---.

  kind: project
  name: newsroom
  labels: { team: web }
  spec:
    title: Newsroom
    members:
      - { user: ada, role: admin }

Kinds that live in a project name it too (project: newsroom, or -p newsroom). spec is whole: a
field that is left out gets its default. What the server writes (id, revision, status, ...)
is ignored, so the output of vdc get --yaml can be edited and applied. Every document is
checked before the first one is sent.
`,
    },
  ],
  [
    "selectors",
    {
      summary: "choosing resources by labels and fields",
      text: `-l, --selector takes label requirements, all of which must hold:
  team=web   team!=web   tier in (a,b)   tier notin (c)   canary   !old

--field-selector compares fields as text:
  status.phase=active   spec.title!=Shop   name=newsroom

  vdc get projects -l 'team=web,!old' --field-selector status.phase=active
`,
    },
  ],
  [
    "output",
    {
      summary: "tables, JSON, YAML, colour, and what goes where",
      text: `Results go to stdout, talk goes to stderr. --json and --yaml print whole values; -o wide adds
columns and -o name prints kind/name. A watch with --json prints one value a line.

Colour is used on a terminal only, and never when NO_COLOR is set. Characters that would steer
a terminal are shown escaped, as \\u001b.
`,
    },
  ],
  [
    "environment",
    {
      summary: "the variables that are read",
      text: `VDC_CONTEXT      context to use
VDC_URL          address to talk to, instead of a context
VDC_TOKEN        token to show, instead of the stored one
VDC_DATA         data directory of the local data center
XDG_CONFIG_HOME  where vdc/config.yaml is
XDG_STATE_HOME   where vdc/ is the default data directory
NO_COLOR         no colour when set to anything
`,
    },
  ],
  ["exit-codes", { summary: "what the exit status means", text: exitCodes() }],
]);

function exitCodes(): string {
  const byStatus = new Map<number, string[]>();
  for (const [code, row] of Object.entries(errorTable))
    byStatus.set(row.exit, [...(byStatus.get(row.exit) ?? []), code]);
  const errors = [...byStatus].toSorted(([a], [b]) => a - b);
  const line = (status: number, text: string) => `${String(status).padStart(3)}  ${text}\n`;
  return [
    line(0, "it worked; for diff: there is no difference"),
    line(1, "vdc diff found a difference (never an error)"),
    ...errors.map(([status, codes]) =>
      line(status, (status === 2 ? ["wrong usage", ...codes] : codes).join(", ")),
    ),
    line(130, "interrupted by Ctrl-C"),
  ].join("");
}
