import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { defineConfig, type Plugin } from "vite";
import { type Sample, Service } from "./service.ts";

/**
 * The built site with the API in memory and a sign-in that asks nothing, under the policy that the site is served with:
 * `npm run demo`, to look at the interface without a cloud.
 */
const POLICY = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

function sample(name: string): Sample {
  return JSON.parse(readFileSync(new URL(`../../examples/${name}.json`, import.meta.url), "utf8")) as Sample;
}

function filled(): Service {
  const service = new Service();
  service.failingTitles.add("結果を近所に報告する");
  for (const name of ["japanese", "english"]) {
    const goal = service.load(sample(name));
    goal.status = "active";
    service.actions(goal.id).forEach((action, index) => {
      if (index < 40) service.writeTasks(goal.id, action, 3 + (index % 5), ((index * 7) % 11) % (4 + (index % 5)));
    });
  }
  service.load({ goal: { title: "Read one hundred books in the original" }, subGoals: [] });
  return service;
}

function token(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "none" })}.${part(claims)}.`;
}

function signIn(path: string, url: URL, response: ServerResponse, origin: string): boolean {
  if (path === "/oauth2/authorize") {
    const back = new URL(url.searchParams.get("redirect_uri") ?? origin);
    back.searchParams.set("code", "demo");
    back.searchParams.set("state", url.searchParams.get("state") ?? "");
    response.writeHead(302, { Location: back.href }).end();
    return true;
  }
  if (path === "/oauth2/token") {
    const expires = Math.floor(Date.now() / 1000) + 3600;
    const claims = { sub: "demo", iss: origin, aud: "demo", exp: expires, email: "ana@example.com" };
    response.writeHead(200, { "Content-Type": "application/json" });
    const id_token = token(claims);
    response.end(JSON.stringify({ access_token: "demo", id_token, token_type: "Bearer", expires_in: 3600 }));
    return true;
  }
  if (path === "/logout") {
    response.writeHead(302, { Location: "/" }).end();
    return true;
  }
  return false;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) body += chunk;
  return body;
}

function demo(): Plugin {
  return {
    name: "demo",
    configurePreviewServer(server) {
      const service = filled();
      server.middlewares.use(async (request, response, next) => {
        const origin = `http://${request.headers.host}`;
        const url = new URL(request.url ?? "/", origin);
        response.setHeader("Content-Security-Policy", POLICY);
        if (signIn(url.pathname, url, response, origin)) return;
        if (url.pathname === "/config.json") {
          response.setHeader("Content-Type", "application/json");
          const config = {
            apiUrl: `${origin}/v1`,
            clientId: "demo",
            signInUrl: origin,
            issuer: origin,
            release: "demo",
          };
          response.end(JSON.stringify(config));
          return;
        }
        if (!url.pathname.startsWith("/v1/")) return next();
        const method = request.method ?? "GET";
        const body = await bodyOf(request);
        const answer = await service.fetch(new Request(url, { method, ...(body ? { body } : {}) }));
        response.writeHead(answer.status, Object.fromEntries(answer.headers));
        response.end(await answer.text());
      });
    },
  };
}

export default defineConfig({
  root: new URL("..", import.meta.url).pathname,
  plugins: [demo()],
  preview: { host: "127.0.0.1", port: 4780, strictPort: true },
});
