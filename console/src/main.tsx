// It has to run before any schema is made, and gives nothing.
// oxlint-disable-next-line import/no-unassigned-import
import "#console/lib/zod-config.ts";
import { CSPProvider } from "@base-ui/react/csp-provider";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { RouterProvider } from "react-router/dom";
import { queryClient } from "#console/data/cache.ts";
import { startTheme } from "#console/data/theme.ts";
import { router } from "#console/routes.tsx";
import "#console/styles/main.css";

startTheme();

const root = document.getElementById("root");
if (root === null) throw new Error("index.html holds #root");
createRoot(root).render(
  <StrictMode>
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </CSPProvider>
  </StrictMode>,
);
