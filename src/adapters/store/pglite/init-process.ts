// A short-lived process of its own: makes one new cluster in the folder given as argument and ends.
// It must never be pointed at an existing folder; the caller holds the lock and gives it a fresh name.
import { PGlite } from '@electric-sql/pglite';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: init-process FOLDER');
const database = await PGlite.create({ dataDir: folder });
await database.close();
