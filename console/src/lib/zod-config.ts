/**
 * Imported first of all. The content security policy forbids code from text; zod would try it once for its faster
 * parsers, and the browser would report the attempt. zod reads this object when its first schema is made.
 */
Object.assign(globalThis, { __zod_globalConfig: { jitless: true } });
