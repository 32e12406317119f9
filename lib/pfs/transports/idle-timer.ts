/**
 * Calls back once when nothing has happened for a while. Signs of life only note the time; the timer looks at it when it
 * fires, so that a busy stream pays for one timer in a window and not for one a message.
 */
export class IdleTimer {
  private readonly msMax: number
  private readonly expired: () => void
  private timer: NodeJS.Timeout | undefined
  private seen = 0

  constructor(msMax: number, expired: () => void) {
    this.msMax = msMax
    this.expired = expired
  }

  /** A sign of life, or the moment from which one is due. */
  touch(): void {
    this.seen = performance.now()
    this.timer ??= setTimeout(() => this.look(), this.msMax).unref()
  }

  /** Nothing is due any more: the other side is not the one that others wait for. */
  stop(): void {
    clearTimeout(this.timer)
    this.timer = undefined
  }

  private look(): void {
    const left = this.seen + this.msMax - performance.now()
    if (left > 1) {
      this.timer = setTimeout(() => this.look(), left).unref()
      return
    }
    this.timer = undefined
    this.expired()
  }
}
