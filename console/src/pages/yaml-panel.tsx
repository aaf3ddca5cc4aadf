import { useState } from "react";
import { stringify } from "yaml";
import type { Resource } from "#api/resource.ts";
import { Button } from "#console/kit/button.tsx";
import { CopyButton } from "#console/kit/copy.tsx";
import { Panel } from "#console/kit/panel.tsx";

/** A resource as `vdc apply` takes it, or with all that VDC has written to it. */
export function YamlPanel(props: { readonly resource: Resource<object, object> }) {
  const { resource } = props;
  const [whole, setWhole] = useState(false);
  const { kind, project, name, labels, spec } = resource;
  const wanted = { kind, ...(project === undefined ? {} : { project }), name, labels, spec };
  const text = stringify(whole ? resource : wanted, { lineWidth: 100 });
  return (
    <Panel
      title={whole ? "Everything" : "As vdc apply takes it"}
      flush
      actions={
        <>
          <Button look="quiet" aria-pressed={whole} onClick={() => setWhole(!whole)}>
            {whole ? "Only what is wanted" : "Show everything"}
          </Button>
          <CopyButton text={text} label="Copy YAML" />
        </>
      }
    >
      <div
        role="region"
        aria-label="YAML"
        // A scrolling region has to be reachable by the keyboard.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        className="overflow-x-auto p-4 focus-visible:-outline-offset-2"
      >
        <pre className="text-sm leading-5">{text.trimEnd().split("\n").map(yamlLine)}</pre>
      </div>
    </Panel>
  );
}

/** Keys dimmed, values plain: enough to read by. */
function yamlLine(line: string, at: number) {
  const match = /^(\s*(?:- )?)([\w.\-/"]+:)(.*)$/.exec(line);
  if (match === null) return <span key={at}>{`${line}\n`}</span>;
  return (
    <span key={at}>
      {match[1]}
      <span className="text-accent">{match[2]}</span>
      {`${match[3] ?? ""}\n`}
    </span>
  );
}
