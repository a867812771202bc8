/** Notes the first SIGINT, so that the step at hand can end; the second one kills, as it would have without this. */
export class Interruption {
  requested = false;
  private readonly listener = (): void => {
    this.requested = true;
  };

  constructor() {
    process.once('SIGINT', this.listener);
  }

  /** Stops watching. */
  dispose(): void {
    process.off('SIGINT', this.listener);
  }
}
