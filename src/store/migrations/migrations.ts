import { head } from "./0001-head.ts";
import { headRow } from "./0002-head-row.ts";
import { resources } from "./0003-resources.ts";
import { resourcesOwner } from "./0004-resources-owner.ts";
import { resourcesLabels } from "./0005-resources-labels.ts";
import { resourcesProject } from "./0006-resources-project.ts";
import { changes } from "./0007-changes.ts";
import { projectUsage } from "./0008-project-usage.ts";
import { events } from "./0009-events.ts";
import { eventsProject } from "./0010-events-project.ts";
import { eventsSubject } from "./0011-events-subject.ts";
import { operations } from "./0012-operations.ts";
import { operationsProject } from "./0013-operations-project.ts";
import { operationsState } from "./0014-operations-state.ts";
import { operationsFinished } from "./0015-operations-finished.ts";
import { audit } from "./0016-audit.ts";
import { auditProject } from "./0017-audit-project.ts";
import { leases } from "./0018-leases.ts";
import { users } from "./0019-users.ts";
import { identities } from "./0020-identities.ts";
import { identitiesUser } from "./0021-identities-user.ts";
import { sessions } from "./0022-sessions.ts";
import { sessionsUser } from "./0023-sessions-user.ts";
import { tokens } from "./0024-tokens.ts";
import { tokensUser } from "./0025-tokens-user.ts";
import { links } from "./0026-links.ts";
import { linksUser } from "./0027-links-user.ts";
import { secretVersions } from "./0028-secret-versions.ts";
import { appAccounts } from "./0029-app-accounts.ts";
import { burstGraphs } from "./0030-burst-graphs.ts";
import { burstJobs } from "./0031-burst-jobs.ts";
import { burstOutcomes } from "./0032-burst-outcomes.ts";
import { burstMemo } from "./0033-burst-memo.ts";
import { burstFiles } from "./0034-burst-files.ts";
import { burstAccounts } from "./0035-burst-accounts.ts";
import { burstBudgets } from "./0036-burst-budgets.ts";
import { burstTransfers } from "./0037-burst-transfers.ts";
import { burstOffers } from "./0038-burst-offers.ts";
import { burstInvoices } from "./0039-burst-invoices.ts";
import { appCodes } from "./0040-app-codes.ts";
import { burstPackageVersions } from "./0041-burst-package-versions.ts";
import { burstMemoAge } from "./0042-burst-memo-age.ts";
import { burstQuarantines } from "./0043-burst-quarantines.ts";
import type { Migration } from "./migration.ts";

/** All steps in order. Append-only: the schema's version is how many of them were taken. */
export const migrations: readonly Migration[] = [
  head,
  headRow,
  resources,
  resourcesOwner,
  resourcesLabels,
  resourcesProject,
  changes,
  projectUsage,
  events,
  eventsProject,
  eventsSubject,
  operations,
  operationsProject,
  operationsState,
  operationsFinished,
  audit,
  auditProject,
  leases,
  users,
  identities,
  identitiesUser,
  sessions,
  sessionsUser,
  tokens,
  tokensUser,
  links,
  linksUser,
  secretVersions,
  appAccounts,
  burstGraphs,
  burstJobs,
  burstOutcomes,
  burstMemo,
  burstFiles,
  burstAccounts,
  burstBudgets,
  burstTransfers,
  burstOffers,
  burstInvoices,
  appCodes,
  burstPackageVersions,
  burstMemoAge,
  burstQuarantines,
];
