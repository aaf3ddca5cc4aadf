import { createTransport } from "nodemailer";

/** What became of a message; an address that will never take one is `permanent`. */
export interface Sent {
  readonly ok: boolean;
  readonly permanent?: boolean;
  readonly answer: string;
}

export interface PlainEmail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

const withinMs = 15_000;

/**
 * Sends by one SMTP server: `smtp://USER:PASSWORD@HOST:587` (STARTTLS when offered; `?requireTLS=true` insists) or `smtps://…:465`. The address holds a
 * password: it is given by environment and never shown. Never rejects.
 */
export function smtpSender(address: string, from: string): (email: PlainEmail) => Promise<Sent> {
  const bounds = { connectionTimeout: withinMs, greetingTimeout: withinMs, socketTimeout: withinMs };
  const transport = createTransport(
    { url: address, ...bounds, disableFileAccess: true, disableUrlAccess: true },
    { from },
  );
  return async ({ to, subject, text, headers }) => {
    const { "message-id": messageId, references, ...rest } = headers;
    try {
      const { response } = await transport.sendMail({
        to,
        subject,
        text,
        headers: rest,
        ...(messageId === undefined ? {} : { messageId }),
        ...(references === undefined ? {} : { references }),
      });
      return { ok: true, answer: response };
    } catch (error) {
      const { responseCode, code } = error as { readonly responseCode?: number; readonly code?: string }; // nodemailer's errors carry them
      const answer = responseCode === undefined ? (code ?? "failed") : `refused with ${responseCode}`;
      return {
        ok: false,
        permanent: responseCode !== undefined && responseCode >= 550 && responseCode <= 553,
        answer,
      };
    }
  };
}
