import {
  Activity,
  AppWindow,
  Boxes,
  Cpu,
  Database,
  HardDrive,
  Megaphone,
  KeyRound,
  LayoutDashboard,
  ListChecks,
  ScrollText,
  Users,
  Zap,
  type LucideIcon,
} from "lucide-react";
import type { Me } from "#api/accounts.ts";
import { may, type Action } from "#console/data/permissions.ts";

export interface Place {
  readonly to: string;
  readonly label: string;
  readonly icon: LucideIcon;
  /** Second key after `g`. */
  readonly key: string;
  readonly group: "work" | "watch" | "access";
  readonly needs?: Action;
}

/** Every page that navigation, palette and shortcuts lead to, in their order. */
const places: readonly Place[] = [
  { to: "/", label: "Overview", icon: LayoutDashboard, key: "o", group: "work" },
  { to: "/apps", label: "Apps", icon: AppWindow, key: "s", group: "work" },
  { to: "/buckets", label: "Objects", icon: Database, key: "b", group: "work" },
  { to: "/drives", label: "Drives", icon: HardDrive, key: "d", group: "work" },
  { to: "/burst", label: "Burst", icon: Zap, key: "c", group: "work" },
  { to: "/projects", label: "Projects", icon: Boxes, key: "p", group: "work" },
  { to: "/machines", label: "Machines", icon: Cpu, key: "m", group: "work", needs: "machine.view" },
  { to: "/incidents", label: "Incidents", icon: Megaphone, key: "i", group: "watch" },
  { to: "/events", label: "Events", icon: Activity, key: "e", group: "watch" },
  { to: "/operations", label: "Operations", icon: ListChecks, key: "r", group: "watch" },
  { to: "/audit", label: "Audit", icon: ScrollText, key: "a", group: "watch", needs: "audit.view" },
  { to: "/users", label: "Users", icon: Users, key: "u", group: "access", needs: "user.manage" },
  { to: "/tokens", label: "Tokens", icon: KeyRound, key: "t", group: "access" },
];

export function placesFor(me: Me): readonly Place[] {
  return places.filter((place) => place.needs === undefined || may(me, place.needs));
}
