// Starts the page: words first, then the connection, then the picture.
import './style.css';
import { render } from 'preact';
import { App } from './app.tsx';
import { askForToken, onCommandDone } from './commands.tsx';
import { startFeed } from './feed.ts';
import { startLanguage } from './i18n.ts';

startLanguage();
const feed = startFeed(askForToken);
onCommandDone(() => feed.refresh());
const place = document.getElementById('page');
if (place !== null) render(<App feed={feed} />, place);
