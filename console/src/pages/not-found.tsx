import { ButtonLink } from "#console/kit/button.tsx";
import { Empty, Page } from "#console/kit/page.tsx";

export function NotFound() {
  return (
    <Page title="Nothing here">
      <Empty
        title="There is no page at this address"
        actions={
          <>
            <ButtonLink to="/" look="primary">
              Overview
            </ButtonLink>
            <ButtonLink to="/projects">Projects</ButtonLink>
          </>
        }
      >
        It may have moved, or what it showed is gone, or you may not see it.
      </Empty>
    </Page>
  );
}
