import { Link } from "react-router";
import { Facts, Panel } from "#console/kit/panel.tsx";
import { Labels } from "#console/kit/labels.tsx";
import { Meter } from "#console/kit/meter.tsx";
import { Tag } from "#console/kit/state.tsx";
import { Ago, FullTime } from "#console/kit/time.tsx";
import { CopyButton } from "#console/kit/copy.tsx";
import { formatQuota, quotas } from "#console/lib/project-form.ts";
import { useShownProject } from "#console/pages/project.tsx";

/** Members on the overview; their tab has the rest. */
const membersShown = 6;

export function ProjectOverview() {
  const project = useShownProject();
  const { members } = project.spec;
  return (
    <div className="grid items-start gap-6 lg:grid-cols-2">
      <Panel title="Quotas">
        <div className="flex flex-col gap-4">
          {quotas.map((quota) => (
            <Meter
              key={quota.name}
              label={quota.label}
              value={project.status.usage?.[quota.name] ?? 0}
              limit={project.spec.quotas[quota.name]}
              format={(value) => formatQuota(quota.name, value)}
            />
          ))}
        </div>
      </Panel>
      <div className="flex min-w-0 flex-col gap-6">
        <Panel title="About">
          <Facts
            items={[
              {
                name: "Description",
                value:
                  project.spec.description === "" ? (
                    <span className="text-faint">None</span>
                  ) : (
                    project.spec.description
                  ),
              },
              { name: "Labels", value: <Labels labels={project.labels} all /> },
              { name: "Created", value: <FullTime at={project.createdAt} /> },
              { name: "Changed", value: <Ago at={project.updatedAt} /> },
              { name: "Revision", value: `${project.revision}, generation ${project.generation}` },
              {
                name: "Id",
                value: (
                  <span className="flex items-center gap-1">
                    <code className="min-w-0 truncate text-xs text-dim">{project.id}</code>
                    <span className="-my-2">
                      <CopyButton text={project.id} label="Copy id" />
                    </span>
                  </span>
                ),
              },
            ]}
          />
        </Panel>
        <Panel
          title="Members"
          note={members.length}
          actions={
            <Link to="members" className="link text-xs max-sm:flex max-sm:min-h-10 max-sm:items-center">
              All members
            </Link>
          }
        >
          {members.length === 0 ? (
            <p className="text-dim">Nobody yet: only owners of the data center see this project.</p>
          ) : (
            <ul className="flex flex-col gap-2">
              {members.slice(0, membersShown).map((member) => (
                <li key={member.user} className="flex items-center justify-between gap-4">
                  <span className="min-w-0 truncate">{member.user}</span>
                  <Tag>{member.role}</Tag>
                </li>
              ))}
            </ul>
          )}
        </Panel>
      </div>
    </div>
  );
}
