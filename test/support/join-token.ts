import type { RealDataCenter } from "#test/support/real-data-center.ts";

/** A token of an operator of the project `default`, made as a user does: by a link, a password and `vdc worker token`. */
export async function joinToken({ client, url }: RealDataCenter): Promise<string> {
  await client.call(client.routes["user.create"], { body: { name: "ada", owner: true } });
  const link = await client.call(client.routes["user.link"], { params: { user: "ada" } });
  const post = async (path: string, body: object, cookie = ""): Promise<Response> => {
    const headers = { "content-type": "application/json", "sec-fetch-site": "same-origin", cookie };
    return await fetch(url + path, { method: "POST", headers, body: JSON.stringify(body) });
  };
  const signedIn = await post("/v1/auth/link", { secret: link.secret });
  const cookie = signedIn.headers
    .getSetCookie()
    .map((line) => line.split(";")[0] ?? "")
    .join("; ");
  await post("/v1/auth/change-password", { password: "correct horse battery staple" }, cookie);
  const made = await post("/v1/tokens", { name: "pool", project: "default", role: "operator" }, cookie);
  const { secret } = (await made.json()) as { readonly secret?: string }; // checked below
  if (secret === undefined) throw new Error(`no token was made: ${made.status}`);
  return secret;
}
