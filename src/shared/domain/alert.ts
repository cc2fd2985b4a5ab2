// When people may be disturbed, and how often.

/** A daily window in local time; it may span midnight. */
export interface QuietHours {
  readonly from_minute: number;
  readonly to_minute: number;
  /** IANA name, such as Europe/Paris. */
  readonly time_zone: string;
}

export interface AlertSettings {
  /** Only critical alerts are sent meanwhile; the rest comes as one digest afterwards. */
  readonly quiet?: QuietHours;
  /** Pages per day; beyond it they come as an hourly digest. Critical ones have as many again. */
  readonly per_day: number;
}

export const defaultAlertSettings: AlertSettings = { per_day: 20 };

/** `22:30-07:00 Europe/Paris` as quiet hours; undefined when it cannot be read. */
export function parseQuietHours(value: string): QuietHours | undefined {
  const match = /^(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2}) ([A-Za-z][A-Za-z0-9_+/-]{1,63})$/.exec(value.trim());
  if (match === null) return undefined;
  const [from_minute, to_minute] = [minuteOf(match[1], match[2]), minuteOf(match[3], match[4])];
  const time_zone = match[5] ?? '';
  if (from_minute === undefined || to_minute === undefined || from_minute === to_minute) return undefined;
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: time_zone });
  } catch {
    return undefined;
  }
  return { from_minute, to_minute, time_zone };
}

function minuteOf(hour: string | undefined, minute: string | undefined): number | undefined {
  const [hours, minutes] = [Number(hour), Number(minute)];
  return hours < 24 && minutes < 60 ? hours * 60 + minutes : undefined;
}
