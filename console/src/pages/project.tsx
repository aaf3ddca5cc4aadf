import { EllipsisVertical, Trash2 } from "lucide-react";
import { useState } from "react";
import { Outlet, useOutletContext, useParams } from "react-router";
import { may } from "#console/data/permissions.ts";
import { useProject, type Project } from "#console/data/queries.ts";
import { useMe } from "#console/data/session.tsx";
import { DeleteProject } from "#console/forms/delete-project.tsx";
import { ButtonLink, IconButton } from "#console/kit/button.tsx";
import { Failure } from "#console/kit/failure.tsx";
import { Menu, MenuItem } from "#console/kit/menu.tsx";
import { Empty, Page } from "#console/kit/page.tsx";
import { SkeletonPage } from "#console/kit/skeleton.tsx";
import { State, Tag } from "#console/kit/state.tsx";
import { Tabs } from "#console/kit/tabs.tsx";

/** The project whose page is shown. Only in its tabs. */
export function useShownProject(): Project {
  return useOutletContext<Project>();
}

const up = { to: "/projects", label: "Projects" };

export function ProjectPage() {
  const { name = "" } = useParams();
  const me = useMe();
  const { project, error, refetch } = useProject(name);
  const [deleting, setDeleting] = useState(false);

  if (project === undefined)
    return error === null ? (
      <SkeletonPage />
    ) : (
      <Page title={name} up={up}>
        <Failure error={error} onRetry={() => void refetch()} />
      </Page>
    );
  if (project === null)
    return (
      <Page title={name} up={up}>
        <Empty
          title={`Project ${name} is deleted`}
          actions={<ButtonLink to="/projects">All projects</ButtonLink>}
        >
          Its history stays in the events and in the audit.
        </Empty>
      </Page>
    );
  const base = `/projects/${name}`;
  const role = me.projects[name];
  return (
    <Page
      title={project.name}
      up={up}
      aside={
        <>
          {project.deletingSince === undefined ? (
            <State tone="good" className="text-dim">
              {project.status.phase ?? "active"}
            </State>
          ) : (
            <State tone="warn">deleting</State>
          )}
          {role !== undefined && <Tag title="Your role in this project">{role}</Tag>}
        </>
      }
      {...(project.spec.title === "" ? {} : { subtitle: project.spec.title })}
      actions={
        may(me, "project.delete") && (
          <Menu
            trigger={
              <IconButton label="More actions">
                <EllipsisVertical size={16} aria-hidden="true" />
              </IconButton>
            }
          >
            <MenuItem
              danger
              icon={<Trash2 size={15} aria-hidden="true" />}
              disabled={project.deletingSince !== undefined}
              onClick={() => setDeleting(true)}
            >
              Delete project…
            </MenuItem>
          </Menu>
        )
      }
    >
      <Tabs
        label={`Project ${name}`}
        items={[
          { to: base, label: "Overview", end: true },
          { to: `${base}/members`, label: "Members" },
          ...(may(me, "project.change", name) ? [{ to: `${base}/settings`, label: "Settings" }] : []),
          { to: `${base}/burst`, label: "Burst" },
          { to: `${base}/activity`, label: "Activity" },
          { to: `${base}/yaml`, label: "YAML" },
        ]}
      />
      <Outlet context={project} />
      {deleting && <DeleteProject project={project} onClose={() => setDeleting(false)} />}
    </Page>
  );
}
