import { UserManager, WebStorageStateStore } from "oidc-client-ts";
import type { SiteConfig } from "./config";

/** Who is signed in, and the way in and out. Tokens live in this tab only and go when it closes. */
export interface Session {
  readonly email: string | undefined;
  /** The access token, renewed when it has run out; null when the person must sign in again. */
  token(): Promise<string | null>;
  /** Signed in moments ago: a token that is refused now would be refused again, and signing in again would go in circles. */
  isFresh(): boolean;
  /** Leaves for the sign-in page and comes back to `returnTo`. */
  signIn(returnTo?: string): Promise<void>;
  signOut(): Promise<void>;
}

const FRESH_MS = 30_000;

/** Endpoints are given, not discovered: the user pool's discovery document costs a round trip to another host. */
export function endpoints(config: SiteConfig) {
  return {
    issuer: config.issuer,
    authorization_endpoint: `${config.signInUrl}/oauth2/authorize`,
    token_endpoint: `${config.signInUrl}/oauth2/token`,
    userinfo_endpoint: `${config.signInUrl}/oauth2/userInfo`,
    revocation_endpoint: `${config.signInUrl}/oauth2/revoke`,
    end_session_endpoint: `${config.signInUrl}/logout`,
  };
}

/** Cognito's own sign-out address: it wants `client_id` and `logout_uri`, not the standard's parameters. */
export function signOutUrl(config: SiteConfig, origin: string): string {
  const query = new URLSearchParams({ client_id: config.clientId, logout_uri: `${origin}/` });
  return `${config.signInUrl}/logout?${query}`;
}

function isCallback(url: URL): boolean {
  return url.searchParams.has("state") && (url.searchParams.has("code") || url.searchParams.has("error"));
}

/** Reads the stored session, or finishes a sign-in when the address carries its answer. */
export async function openSession(config: SiteConfig): Promise<Session> {
  const origin = window.location.origin;
  const manager = new UserManager({
    authority: config.issuer,
    client_id: config.clientId,
    redirect_uri: `${origin}/`,
    response_type: "code",
    scope: "openid email profile",
    metadata: endpoints(config),
    userStore: new WebStorageStateStore({ store: window.sessionStorage }),
    stateStore: new WebStorageStateStore({ store: window.sessionStorage }),
    automaticSilentRenew: true,
  });

  let user = null;
  let signedInAt = Number.NEGATIVE_INFINITY;
  if (isCallback(new URL(window.location.href))) {
    try {
      user = (await manager.signinCallback()) ?? null;
      signedInAt = performance.now();
      const returnTo = typeof user?.state === "string" && user.state.startsWith("/") ? user.state : "/";
      window.history.replaceState(null, "", returnTo);
    } catch (error) {
      // A stale or repeated answer (back button, second tab): the address is of no more use, the message is.
      window.history.replaceState(null, "", "/");
      throw error;
    }
  } else {
    user = await manager.getUser();
  }
  const email = user?.profile.email;

  return {
    email,
    isFresh: () => performance.now() - signedInAt < FRESH_MS,
    async token() {
      const current = await manager.getUser();
      if (current && !current.expired) return current.access_token;
      if (!current?.refresh_token) return null;
      const renewed = await manager.signinSilent().catch(() => null);
      return renewed?.access_token ?? null;
    },
    async signIn(returnTo = "/") {
      await manager.removeUser();
      await manager.signinRedirect({ state: returnTo });
    },
    async signOut() {
      await manager.removeUser();
      window.location.assign(signOutUrl(config, origin));
    },
  };
}
