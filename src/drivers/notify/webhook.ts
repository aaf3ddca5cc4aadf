import type { Sent } from "./smtp.ts";

const withinMs = 10_000;
const answerMaxBytes = 200;

/** Posts to an address that a subscriber named; redirects are not followed, and of the answer only its beginning is kept. Never rejects. */
export async function sendWebhook(message: {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}): Promise<Sent> {
  try {
    const answer = await fetch(message.url, {
      method: "POST",
      headers: message.headers,
      body: message.body,
      redirect: "manual",
      signal: AbortSignal.timeout(withinMs),
    });
    await answer.body?.cancel();
    const said = `answered ${answer.status}`.slice(0, answerMaxBytes);
    // Standard Webhooks: 410 is "stop sending".
    return { ok: answer.ok, permanent: answer.status === 410, answer: said };
  } catch (error) {
    const { cause } = error as { readonly cause?: { readonly code?: string } }; // fetch puts the system's error there
    return { ok: false, answer: cause?.code ?? "not reached" };
  }
}
