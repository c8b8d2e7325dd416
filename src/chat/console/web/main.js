import { App } from './app.js';
import { html } from './html.js';
import { render } from './preact.js';

const root = document.getElementById('app');
if (root) render(html`<${App} />`, root);
