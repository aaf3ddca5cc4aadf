import type { HandlersFor } from "../handler.ts";
import type { Services } from "../services.ts";

export function userHandlers({
  auth,
}: Services): HandlersFor<
  "user.list" | "user.create" | "user.get" | "user.change" | "user.delete" | "user.link"
> {
  const { users } = auth;
  return {
    "user.list": async () => ({ items: [...(await users.list())] }),
    "user.create": async ({ body, by }) => await users.create(body, by),
    "user.get": async ({ params }) => await users.get(params.user),
    "user.change": async ({ params, body, by }) => await users.change(params.user, body, by),
    "user.delete": async ({ params, by }) => {
      await users.delete(params.user, by);
      return {};
    },
    "user.link": async ({ params, by }) => await users.createLink(params.user, by),
  };
}
