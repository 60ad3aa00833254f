/** The deployed system's addresses, written beside the site as /config.json so that one build serves every environment. */
export interface SiteConfig {
  region: string;
  apiUrl: string;
  userPoolId: string;
  clientId: string;
  signInUrl: string;
  issuer: string;
  release: string;
}

const REQUIRED = ["apiUrl", "clientId", "signInUrl", "issuer"] as const;

export async function loadConfig(): Promise<SiteConfig> {
  const response = await fetch("/config.json", { cache: "no-cache" });
  if (!response.ok) {
    throw new Error(`/config.json answered ${response.status}: deploy the stack again, it writes this file`);
  }
  const config = (await response.json()) as Partial<SiteConfig>;
  const missing = REQUIRED.filter((key) => !config[key]);
  if (missing.length > 0) {
    throw new Error(`/config.json lacks ${missing.join(", ")}: deploy the stack again, it writes this file`);
  }
  return config as SiteConfig;
}
