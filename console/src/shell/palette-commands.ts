import type { Me } from "#api/accounts.ts";
import type { App } from "#console/data/app-queries.ts";
import type { Bucket } from "#console/data/object-queries.ts";
import type { Machine, Project } from "#console/data/queries.ts";
import { may } from "#console/data/permissions.ts";
import { placesFor } from "#console/shell/navigation.ts";

/** What the palette can do. `run` happens after it closed. */
export interface Command {
  readonly id: string;
  readonly group: "Pages" | "Actions" | "Apps" | "Buckets" | "Projects" | "Machines";
  readonly label: string;
  readonly detail?: string;
  readonly run: () => void;
}

export interface CommandActions {
  readonly go: (to: string) => void;
  readonly createProject: () => void;
  readonly toggleTheme: () => void;
  readonly showOperations: () => void;
  readonly showShortcuts: () => void;
  readonly signOut: () => void;
}

interface Held {
  readonly apps: readonly App[];
  readonly buckets: readonly Bucket[];
  readonly projects: readonly Project[];
  readonly machines: readonly Machine[];
}

/** Everything that can be found, for this caller. */
export function paletteCommands(me: Me, held: Held, actions: CommandActions): readonly Command[] {
  return [
    ...pageCommands(me, actions),
    ...actionCommands(me, held, actions),
    ...thingCommands(held, actions),
  ];
}

/** Pages that are no place of the navigation, with the area that they belong to. */
const innerPages = [
  { to: "/account", label: "Account" },
  { to: "/apps/catalogue", label: "Catalogue", detail: "Packages" },
  { to: "/buckets/keys", label: "Keys", detail: "Objects" },
  { to: "/burst/jobs", label: "Jobs", detail: "Burst" },
  { to: "/burst/plans", label: "Plans", detail: "Burst" },
] as const;

function pageCommands(me: Me, { go }: CommandActions): readonly Command[] {
  return [...placesFor(me), ...innerPages].map((page) => ({
    id: page.to,
    group: "Pages",
    label: page.label,
    ...("detail" in page ? { detail: page.detail } : {}),
    run: () => go(page.to),
  }));
}

function actionCommands(me: Me, held: Held, actions: CommandActions): readonly Command[] {
  const action = (id: string, label: string, run: () => void): Command => ({
    id,
    group: "Actions",
    label,
    run,
  });
  return [
    ...(held.projects.some(({ name }) => may(me, "app.change", name))
      ? [action("install-app", "Install app", () => actions.go("/apps/install"))]
      : []),
    ...(may(me, "project.create") ? [action("create-project", "Create project", actions.createProject)] : []),
    action("operations", "Show operations", actions.showOperations),
    action("theme", "Toggle theme", actions.toggleTheme),
    action("shortcuts", "Keyboard shortcuts", actions.showShortcuts),
    action("sign-out", "Sign out", actions.signOut),
  ];
}

function thingCommands(held: Held, { go }: CommandActions): readonly Command[] {
  return [
    ...held.apps.map((app): Command => ({
      id: `app/${app.project ?? ""}/${app.name}`,
      group: "Apps",
      label: app.name,
      detail: app.spec.title === "" ? (app.project ?? "") : app.spec.title,
      run: () => go(`/apps/${app.project ?? ""}/${app.name}`),
    })),
    ...held.buckets.map((bucket): Command => ({
      id: `bucket/${bucket.project ?? ""}/${bucket.name}`,
      group: "Buckets",
      label: bucket.name,
      detail: bucket.spec.description === "" ? (bucket.project ?? "") : bucket.spec.description,
      run: () => go(`/buckets/${bucket.project ?? ""}/${bucket.name}`),
    })),
    ...held.projects.map((project): Command => ({
      id: `project/${project.name}`,
      group: "Projects",
      label: project.name,
      ...(project.spec.title === "" ? {} : { detail: project.spec.title }),
      run: () => go(`/projects/${project.name}`),
    })),
    ...held.machines.map((machine): Command => ({
      id: `machine/${machine.name}`,
      group: "Machines",
      label: machine.name,
      ...(machine.spec.title === "" ? {} : { detail: machine.spec.title }),
      run: () => go(`/machines/${machine.name}`),
    })),
  ];
}
