import { render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { vi } from "vitest";
import { App } from "../src/app";
import type { SiteConfig } from "../src/config";
import type { Session } from "../src/session";
import type { Sample, Service } from "./service";

export const CONFIG: SiteConfig = {
  region: "ap-northeast-1",
  apiUrl: "https://abc123.execute-api.ap-northeast-1.amazonaws.com/v1",
  userPoolId: "ap-northeast-1_Example",
  clientId: "client-1",
  signInUrl: "https://goal-mandala.auth.ap-northeast-1.amazoncognito.com",
  issuer: "https://cognito-idp.ap-northeast-1.amazonaws.com/ap-northeast-1_Example",
  release: "1.2.3",
};

export const SMALL: Sample = {
  goal: { title: "Finish my first 80 km race", description: "Before dark.", deadline: "2028-09-02" },
  subGoals: [
    {
      title: "Run far",
      description: "Slowly.",
      actions: [
        { title: "Run easy", description: "Four times a week.", kind: "habit" },
        { title: "Race 50 km", description: "As a rehearsal.", kind: "execution" },
      ],
    },
    { title: "仲間を集める", description: "八人で回す。", actions: [] },
  ],
};

/** The whole site, signed in, at a path, with the given API behind it. */
export function openSite(service: Service, path = "/", session: Partial<Session> = {}) {
  vi.stubGlobal("fetch", (input: RequestInfo | URL, init?: RequestInit) => service.fetch(new Request(input, init)));
  window.history.replaceState(null, "", path);
  const full: Session = {
    email: "ana@example.com",
    isFresh: () => false,
    token: async () => "access-token",
    signIn: vi.fn(async () => undefined),
    signOut: vi.fn(async () => undefined),
    ...session,
  };
  const view = render(<App config={CONFIG} session={full} signedIn />);
  return { ...view, session: full, user: userEvent.setup() };
}
