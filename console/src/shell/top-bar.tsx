import { CircleUser, Keyboard, ListChecks, LogOut, Search } from "lucide-react";
import { useNavigate, NavLink } from "react-router";
import type { Me } from "#api/accounts.ts";
import { useOperations } from "#console/data/queries.ts";
import { signOut } from "#console/data/session.tsx";
import { chooseTheme, themeChoice } from "#console/data/theme.ts";
import { Spinner } from "#console/kit/button.tsx";
import { Glyph } from "#console/kit/glyph.tsx";
import { Menu, MenuChoice, MenuItem, MenuLine } from "#console/kit/menu.tsx";
import { say } from "#console/kit/toast.tsx";
import { countOf } from "#console/lib/format.ts";
import { isRunning } from "#console/lib/operations.ts";
import { useStore } from "#console/lib/store.ts";
import { overlay } from "#console/shell/overlay-store.ts";

const barButton =
  "control inline-flex items-center gap-2 rounded-md px-2.5 text-dim transition-colors hover:bg-hover hover:text-ink max-sm:min-w-10 max-sm:justify-center";

export function TopBar(props: { readonly me: Me }) {
  return (
    <header className="sticky top-0 z-20 border-b border-line bg-ground px-6 max-sm:px-3">
      <div className="mx-auto flex h-14 w-full max-w-[105rem] items-center gap-2">
        <NavLink to="/" aria-label="VDC, overview" className="grid size-10 place-items-center md:hidden">
          <Glyph className="size-5 text-accent" />
        </NavLink>
        <button
          type="button"
          onClick={() => overlay.set("palette")}
          className="control flex min-w-0 items-center gap-2.5 rounded-md border border-line bg-surface px-3 text-faint transition-colors hover:border-line-strong max-md:grow md:w-80"
        >
          <Search size={15} aria-hidden="true" />
          <span className="truncate">Search and do…</span>
          <kbd className="ml-auto text-2xs text-faint max-md:hidden">{commandKey()}K</kbd>
        </button>
        <div className="ml-auto flex items-center gap-1">
          <OperationsButton />
          <UserMenu me={props.me} />
        </div>
      </div>
    </header>
  );
}

function OperationsButton() {
  const running = useOperations().data?.items.filter(isRunning).length ?? 0;
  return (
    <button
      type="button"
      onClick={() => overlay.set("operations")}
      aria-label={running === 0 ? "Operations" : `Operations, ${countOf(running, "running", "running")}`}
      className={barButton}
    >
      {running === 0 ? <ListChecks size={16} strokeWidth={1.75} aria-hidden="true" /> : <Spinner />}
      <span className="max-sm:hidden">Operations</span>
      {running > 0 && (
        <span className="rounded-full bg-accent-soft px-1.5 text-xs text-accent tabular">{running}</span>
      )}
    </button>
  );
}

function UserMenu(props: { readonly me: Me }) {
  const { me } = props;
  const navigate = useNavigate();
  const theme = useStore(themeChoice);
  return (
    <Menu
      trigger={
        <button type="button" aria-label={`Your account, ${me.name}`} className={barButton}>
          <CircleUser size={17} strokeWidth={1.75} aria-hidden="true" />
          <span className="max-w-40 truncate max-sm:hidden">{me.title === "" ? me.name : me.title}</span>
        </button>
      }
    >
      <div className="px-2.5 pt-2 pb-1.5">
        <p className="truncate font-medium">{me.title === "" ? me.name : me.title}</p>
        <p className="truncate text-xs text-faint">
          {me.name} · {me.owner ? "owner" : countOf(Object.keys(me.projects).length, "project")}
        </p>
      </div>
      <MenuLine />
      <MenuItem icon={<CircleUser size={15} aria-hidden="true" />} onClick={() => void navigate("/account")}>
        Account
      </MenuItem>
      <MenuItem icon={<Keyboard size={15} aria-hidden="true" />} onClick={() => overlay.set("shortcuts")}>
        Keyboard shortcuts
      </MenuItem>
      <MenuLine />
      <MenuChoice
        label="Theme"
        value={theme}
        onChoose={chooseTheme}
        choices={[
          { value: "system", label: "As the system" },
          { value: "light", label: "Light" },
          { value: "dark", label: "Dark" },
        ]}
      />
      <MenuLine />
      <MenuItem
        icon={<LogOut size={15} aria-hidden="true" />}
        onClick={() => {
          signOut().catch(() => say("Signing out failed", { tone: "bad", description: "Try again." }));
        }}
      >
        Sign out
      </MenuItem>
    </Menu>
  );
}

/** What the platform's people press with K. */
export function commandKey(): string {
  return /mac|iphone|ipad/i.test(navigator.userAgent) ? "⌘" : "Ctrl ";
}
