// Times as people read them. Pure, but for the reader's own language and time zone.

const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, hourCycle: "h23" });

/** A length of time. */
export function duration(ms) {
  if (!Number.isFinite(ms)) return "–";
  if (ms < 0) return `−${duration(-ms)}`;
  if (ms === 0) return "0 ms";
  if (ms < 1) return `${ms.toFixed(2)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.floor(minutes / 1440)} d ${Math.floor((minutes % 1440) / 60)} h`;
}

/** How long ago a moment was, roughly: it is read at a glance and told anew only now and then. */
export function ago(from, now) {
  const seconds = Math.max(0, Math.round((now - Date.parse(from)) / 1000));
  if (seconds < 5) return "just now";
  if (seconds < 60) return `${seconds - (seconds % 5)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}

/** Date and time. */
export function moment(at) {
  const time = Date.parse(at);
  return Number.isNaN(time) ? String(at) : MOMENT.format(time);
}

/** The time of day, to the millisecond. */
export function clock(at) {
  const time = Date.parse(at);
  return Number.isNaN(time) ? String(at) : CLOCK.format(time);
}

/** Milliseconds from one moment to another, with the microseconds that `Date` drops. */
export function between(from, to) {
  return micros(to) - micros(from);
}

function micros(at) {
  const fraction = /\.(\d{4,})/.exec(String(at))?.[1];
  const rest = fraction ? Number(`0.${fraction.slice(3)}`) : 0;
  return Date.parse(at) + rest;
}
