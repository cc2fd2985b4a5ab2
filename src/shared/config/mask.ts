// How settings are shown to people: secrets are never printed, only that they are set.
import { type SettingName, type Settings, secretSettings, settingNames } from './settings.ts';

/** Every setting as text, secrets replaced by the fact that they are set. */
export function maskedSettings(settings: Settings): Readonly<Record<SettingName, string>> {
  const shown: Partial<Record<SettingName, string>> = {};
  for (const name of settingNames) {
    const value = settings[name];
    if (value === undefined) shown[name] = '(not set)';
    else if (secretSettings.has(name))
      shown[name] = name === 'DATABASE_URL' ? maskUrl(String(value)) : '(set, hidden)';
    else
      shown[name] = Array.isArray(value)
        ? value.join(',')
        : typeof value === 'object'
          ? pairs(value)
          : String(value);
  }
  return shown as Record<SettingName, string>;
}

function pairs(value: object): string {
  return Object.entries(value)
    .map(([name, one]) => `${name}=${one}`)
    .join(',');
}

function maskUrl(url: string): string {
  try {
    const parsed = new URL(url);
    return `${parsed.protocol}//${parsed.username === '' ? '' : `${parsed.username}:***@`}${parsed.host}${parsed.pathname}`;
  } catch {
    return '(set, hidden)';
  }
}
