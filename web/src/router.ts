import { type MouseEvent, useSyncExternalStore } from "react";

export type Route = { page: "goals" } | { page: "goal"; goalId: string } | { page: "unknown" };

export function parseRoute(path: string): Route {
  if (path === "/") return { page: "goals" };
  const goal = /^\/goals\/([^/]+)\/?$/.exec(path);
  return goal?.[1] ? { page: "goal", goalId: decodeURIComponent(goal[1]) } : { page: "unknown" };
}

const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("popstate", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("popstate", listener);
  };
}

export function navigate(path: string): void {
  window.history.pushState(null, "", path);
  window.scrollTo(0, 0);
  for (const listener of listeners) listener();
}

export function useRoute(): Route {
  return parseRoute(useSyncExternalStore(subscribe, () => window.location.pathname));
}

/** Props of a link inside the site: a plain click changes the page in place, a modified one opens a tab as ever. */
export function linkTo(path: string) {
  return {
    href: path,
    onClick(event: MouseEvent) {
      if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      navigate(path);
    },
  };
}
