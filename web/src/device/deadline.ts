/** Return what a promise comes to, unless it takes too long: then it rejects, and what comes later is ignored. */
export function within<Value>(milliseconds: number, work: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = window.setTimeout(
      () => reject(new DOMException("It took too long.", "TimeoutError")),
      milliseconds,
    );
    work.then(resolve, reject).finally(() => window.clearTimeout(timer));
  });
}
