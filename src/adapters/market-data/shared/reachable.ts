// Asks one URL whether a venue answers, in real time and without keeping anything.

/** True when `accepts` says so of the status within the time; never throws. */
export async function answers(
  url: URL,
  options: {
    readonly fetch: typeof fetch;
    readonly headers: Readonly<Record<string, string>>;
    readonly timeoutMs: number;
    readonly accepts: (status: number) => boolean;
  },
): Promise<boolean> {
  try {
    const response = await options.fetch(url, {
      headers: options.headers,
      signal: AbortSignal.timeout(options.timeoutMs),
      redirect: 'error',
    });
    await response.body?.cancel();
    return options.accepts(response.status);
  } catch {
    return false;
  }
}
