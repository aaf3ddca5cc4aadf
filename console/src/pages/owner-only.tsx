import type { ReactNode } from "react";
import { ButtonLink } from "#console/kit/button.tsx";
import { Empty, Page } from "#console/kit/page.tsx";
import { may, type Action } from "#console/data/permissions.ts";
import { useMe } from "#console/data/session.tsx";

/** For pages that only owners see: others learn why there is nothing, and nothing is asked of the server. */
export function OwnerOnly(props: {
  readonly title: string;
  readonly action: Action;
  readonly children: ReactNode;
}) {
  const me = useMe();
  if (may(me, props.action)) return props.children;
  return (
    <Page title={props.title}>
      <Empty
        title="This page is for owners of the data center"
        actions={<ButtonLink to="/">Overview</ButtonLink>}
      >
        Ask an owner when you need something from here.
      </Empty>
    </Page>
  );
}
