import { beforeEach, expect, test, vi } from "vitest";
import { loadConfig } from "../src/config";
import { endpoints, openSession, signOutUrl } from "../src/session";
import { CONFIG } from "./site";

const IN_AN_HOUR = () => Math.floor(Date.now() / 1000) + 3600;

function store(expiresAt: number, more: object = {}) {
  const user = { access_token: "stored", token_type: "Bearer", profile: { email: "ana@example.com" }, ...more };
  window.sessionStorage.setItem(
    `oidc.user:${CONFIG.issuer}:${CONFIG.clientId}`,
    JSON.stringify({ ...user, expires_at: expiresAt }),
  );
}

beforeEach(() => {
  vi.stubGlobal("fetch", () => Promise.reject(new Error("no request is expected")));
});

test("the endpoints are the hosted sign-in pages' own", () => {
  expect(endpoints(CONFIG)).toMatchObject({
    authorization_endpoint: "https://goal-mandala.auth.ap-northeast-1.amazoncognito.com/oauth2/authorize",
    token_endpoint: "https://goal-mandala.auth.ap-northeast-1.amazoncognito.com/oauth2/token",
    userinfo_endpoint: "https://goal-mandala.auth.ap-northeast-1.amazoncognito.com/oauth2/userInfo",
  });
});

test("signing out uses Cognito's parameters", () => {
  const url = new URL(signOutUrl(CONFIG, "https://example.com"));
  expect(url.pathname).toBe("/logout");
  expect(Object.fromEntries(url.searchParams)).toEqual({
    client_id: "client-1",
    logout_uri: "https://example.com/",
  });
});

test("a stored session is taken up again without asking anybody", async () => {
  store(IN_AN_HOUR());
  const session = await openSession(CONFIG);
  expect(session.email).toBe("ana@example.com");
  expect(await session.token()).toBe("stored");
  expect(session.isFresh()).toBe(false);
});

test("without a session there is no token", async () => {
  expect(await (await openSession(CONFIG)).token()).toBeNull();
});

test("a token that has run out is renewed with the refresh token", async () => {
  store(IN_AN_HOUR() - 7200, { refresh_token: "refresh" });
  const bodies: string[] = [];
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    expect(url).toBe(endpoints(CONFIG).token_endpoint);
    bodies.push(String(init.body));
    return new Response(JSON.stringify({ access_token: "renewed", token_type: "Bearer", expires_in: 3600 }), {
      headers: { "Content-Type": "application/json" },
    });
  });
  const session = await openSession(CONFIG);
  expect(await session.token()).toBe("renewed");
  expect(bodies[0]).toContain("grant_type=refresh_token");
});

test("an answer to a sign-in that was never begun is refused and leaves the address bar", async () => {
  window.history.replaceState(null, "", "/?code=abc&state=unknown");
  await expect(openSession(CONFIG)).rejects.toThrow("state");
  expect(window.location.search).toBe("");
});

test("a configuration without an address is refused by name", async () => {
  vi.stubGlobal("fetch", async () => new Response(JSON.stringify({ ...CONFIG, apiUrl: "" })));
  await expect(loadConfig()).rejects.toThrow("/config.json lacks apiUrl");
});

test("a missing configuration says what to do", async () => {
  vi.stubGlobal("fetch", async () => new Response("", { status: 403 }));
  await expect(loadConfig()).rejects.toThrow("deploy the stack again");
});
