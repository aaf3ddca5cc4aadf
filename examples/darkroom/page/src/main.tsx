import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createBrowserRouter, RouterProvider } from "react-router";
import { AlbumPage } from "./albums/album-page.tsx";
import { AlbumsPage } from "./albums/albums-page.tsx";
import { PhotoPage } from "./albums/photo-page.tsx";
import { MergePage } from "./merge/merge-page.tsx";
import { SessionGate } from "./data/session.tsx";
import { keepShell } from "./shell/keep-shell.ts";
import { Shell } from "./shell/shell.tsx";
import "./styles/main.css";

const router = createBrowserRouter([
  {
    Component: Shell,
    children: [
      { path: "/", Component: AlbumsPage },
      { path: "/albums/:album", Component: AlbumPage },
      { path: "/albums/:album/merge", Component: MergePage },
      { path: "/albums/:album/photo/:hash", Component: PhotoPage },
    ],
  },
]);

keepShell();
const root = document.querySelector("#root");
if (root === null) throw new Error("the page has no root");
createRoot(root).render(
  <StrictMode>
    <SessionGate loading={<p className="p-6 text-dim">Opening Darkroom…</p>}>
      <RouterProvider router={router} />
    </SessionGate>
  </StrictMode>,
);
