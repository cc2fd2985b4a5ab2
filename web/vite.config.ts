// Builds the page into web/dist. Must never inline a script, a style or a data: address: the server's
// content security policy is default-src 'self'.
import { defineConfig } from 'vite';

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // The charts are drawn after the first paint and change rarely, so they are cached on their own.
    rolldownOptions: {
      output: { codeSplitting: { groups: [{ name: 'charts', test: /lightweight-charts|fancy-canvas/ }] } },
    },
  },
});
