// SPDX-License-Identifier: GPL-2.0-only

import { hex } from './hex.js';
import { Copy, refill } from './copy.js';
import { grown } from './grown.js';
import type { StateReader, StateWriter } from './saved-state.js';
import { SparseList } from './sparse-list.js';

/**
 * Sparse memory, exact to the byte; a frame takes storage only once its bytes differ.
 *
 * A frame is uniform (every byte has one value) or mixed (it owns bytes). Frames are kept in chunks; a chunk whose
 * frames are all uniform with the same byte is one number. So a memset or a scan of whole frames touches no bytes, and
 * memory that nobody wrote costs nothing.
 */

/** log2 of the frames in a chunk: with 4 KiB frames a chunk is 2 MiB, one PMD leaf of x86_64. */
const CHUNK_SHIFT = 9;
const CHUNK_FRAMES = 1 << CHUNK_SHIFT;
/** log2 of the chunks in a node of the directory. */
const NODE_SHIFT = 11;
const NODE_CHUNKS = 1 << NODE_SHIFT;
const NODE_FRAMES = NODE_CHUNKS * CHUNK_FRAMES;
/** Place in a node, behind its chunks: where those end that were ever written. Most nodes have few, at the beginning. */
const REACH = NODE_CHUNKS;
/** Tags below this are the byte of a uniform frame or chunk; from here on they number a slot or a tag block. */
const FIRST_INDEX = 256;
/** Memory whose bytes are kept lies below. Frames that only struct pages tell of may lie above. */
export const PHYSICAL_ADDRESS_LIMIT = 2 ** 52;

/** In a saved state: from here on a tag is a mixed frame, and its words follow. */
const SAVED_MIXED = FIRST_INDEX;
/** In the saved words of a frame: one word, so many times; otherwise so many words that differ. */
const SAVED_REPEAT = 0x8000_0000;
/** Equal words in a row that are worth a repeat. */
const MIN_REPEAT = 3;

/** Frames whose place {@link Ram.wordIndex} remembers, a power of two: a walk goes through the same four or five again and again. */
const FRAMES_SEEN = 8;
/** In place of a frame's address where none was seen. */
const NOT_SEEN = -1;

/** What {@link Ram.uniformByte} answers for a frame whose bytes differ. */
export const MIXED = -1;

/** No image has this name. */
const NO_IMAGE = 0;

/** An access outside the physical address space: on hardware a machine check. */
export class PhysicalAddressError extends Error {
  override readonly name = 'PhysicalAddressError';
}

/** Memory as {@link Ram.capture} found it. It can be used again and again. */
export class RamImage {
  /** What {@link Ram.capture} called it, see {@link Ram.isTouched}. */
  name = NO_IMAGE;
  /** What `Ram.tagChanges` was when the tags were last as they are here. */
  tagChanges = -1;
  readonly words = new Copy(Uint32Array);
  readonly tags = new Copy(Int32Array);
  readonly mixedFrames = new Copy(Int32Array);
  readonly chunks: Int32Array[] = [];
  nodes = 0;
  slots = 0;
  tagBlocks = 0;
  readonly freeSlots: number[] = [];
  readonly freeTagBlocks: number[] = [];
}

/** Where the words of mixed frames lie. */
export interface WordStore {
  /** Another array after {@link grow}. */
  readonly words: Uint32Array<ArrayBuffer>;
  /** Makes room for more, twice as much or so; what is there stays. */
  grow(): void;
}

/** Bytes of mixed frames that there is room for at first: making a machine should cost little. */
const FIRST_BYTES = 2 ** 18;

function wordArray(words: number): WordStore {
  const store = {
    words: new Uint32Array(words),
    grow: () => {
      store.words = grown(store.words, Uint32Array);
    },
  };
  return store;
}

/** Physical memory in typed arrays: pages exist from the first write on, and a page that holds one byte throughout takes no array. */
export class Ram {
  /** Bytes in a frame; the base page size of the machine. */
  readonly frameSize: number;
  /** Words of all mixed frames, a frame after the other. Replaced when it grows: never keep it across a write. */
  words: Uint32Array<ArrayBuffer>;

  /** Grows whenever the words of a frame may lie elsewhere than before: what was told by {@link wordIndex} holds till then. */
  moves = 0;

  /** Grows with every memset() that changes a byte, or may have: while it stands still, what was filled is as it was. */
  fills = 0;

  private bytes: Uint8Array<ArrayBuffer>;
  /** The same, 64 bits at a time. */
  private longs: BigInt64Array<ArrayBuffer>;
  private readonly framesPerByte: number;
  private readonly wordsPerFrame: number;
  private readonly slotShift: number;
  /** Chunk tags, by frame number / NODE_FRAMES. */
  private readonly directory = new SparseList<Int32Array>();
  /** Frame tags of the chunks that are not uniform, CHUNK_FRAMES each. */
  private tags = new Int32Array(16 * CHUNK_FRAMES);
  /** Mixed frames in each tag block. */
  private mixedFrames = new Int32Array(16);
  private tagBlocks = 0;
  private readonly freeTagBlocks: number[] = [];
  private slots = 0;
  private readonly freeSlots: number[] = [];
  /** Frames that own bytes keep the place that they have: see {@link holdFrames}. */
  private isHeld = false;
  /** Frames that were filled in their place. */
  private readonly filledInPlace: number[] = [];
  private readonly store: WordStore;
  /** The image that the memory was like last, and how many there were. */
  private last = NO_IMAGE;
  private images = NO_IMAGE;
  /** Slots that somebody asked for since the memory was like {@link last}: whoever writes to one asks where it is. */
  private readonly touched: number[] = [];
  private isSlotTouched = new Uint8Array(64);
  /** Grows with every change of a tag, or of the lists beside them. */
  private tagChanges = 0;
  /** Physical addresses of frames that own bytes, each at its number modulo {@link FRAMES_SEEN}, and where their words begin. */
  private readonly seen = new Float64Array(FRAMES_SEEN).fill(NOT_SEEN);
  private readonly seenWords = new Int32Array(FRAMES_SEEN);

  /**
   * @param frameSize bytes in a frame, a power of two from 4 KiB on
   * @param store where the bytes of mixed frames lie; an array of the memory's own if not given
   */
  constructor(frameSize: number, store: WordStore = wordArray(FIRST_BYTES / 4)) {
    this.frameSize = frameSize;
    this.store = store;
    this.framesPerByte = 1 / frameSize;
    this.wordsPerFrame = frameSize / 4;
    this.slotShift = Math.log2(this.wordsPerFrame);
    this.words = store.words;
    this.bytes = bytesOf(this.words);
    this.longs = longsOf(this.words);
  }

  /**
   * From here on code that runs elsewhere may have pointers to frames: one that owns bytes keeps them where they are,
   * whatever is written to it.
   */
  holdFrames(): void {
    this.isHeld = true;
    this.last = NO_IMAGE;
  }

  /** The store's words lie elsewhere than they did, and are the same. */
  storeMoved(): void {
    this.words = this.store.words;
    this.bytes = bytesOf(this.words);
    this.longs = longsOf(this.words);
  }

  /** Nobody has pointers to frames any more. */
  releaseFrames(): void {
    this.isHeld = false;
    if (this.filledInPlace.length === 0) return;
    for (const pfn of this.filledInPlace) {
      const tag = this.tag(pfn);
      if (tag < FIRST_INDEX) continue;
      const byte = this.bytes[(tag - FIRST_INDEX) * this.frameSize]!;
      if (this.isSlotFilled(tag - FIRST_INDEX, 0, this.frameSize, byte)) this.fillFrames(pfn, 1, byte);
    }
    this.filledInPlace.length = 0;
  }

  /**
   * Where the 32-bit word at a physical address lies in {@link words}. The frame owns bytes from here on.
   * @param pa physical byte address, a multiple of 4
   */
  wordIndex(pa: number): number {
    const offset = pa & (this.frameSize - 1);
    const start = pa - offset;
    const place = (start * this.framesPerByte) & (FRAMES_SEEN - 1);
    if (this.seen[place] !== start) {
      this.seenWords[place] = this.own(start * this.framesPerByte) << this.slotShift;
      this.seen[place] = start;
    }
    return this.seenWords[place]! + (offset >>> 2);
  }

  /** The same as {@link wordIndex} for who only reads: a frame that owns bytes already is not touched by it. */
  readIndex(pa: number): number {
    const offset = pa & (this.frameSize - 1);
    const tag = this.tag((pa - offset) * this.framesPerByte);
    return tag < FIRST_INDEX ? this.wordIndex(pa) : ((tag - FIRST_INDEX) << this.slotShift) + (offset >>> 2);
  }

  /**
   * Where the words of frames that follow each other lie one behind the other in {@link words}. Those that do not are
   * moved: nobody may have a pointer to them but from here.
   * @param pfn the first frame
   * @param count how many
   */
  rowIndex(pfn: number, count: number): number {
    const first = this.own(pfn);
    let rest = 1;
    while (rest < count && this.own(pfn + rest) === first + rest) rest++;
    const start = rest === count ? first : this.moveToRow(pfn, count);
    return start << this.slotShift;
  }

  /**
   * Position of the first word that is not zero in [from, to) of {@link words}, or `to`.
   */
  firstNonZero(from: number, to: number): number {
    const { words, longs } = this;
    let i = from;
    if ((i & 1) !== 0 && i < to && words[i] === 0) i++;
    if ((i & 1) === 0) {
      // V8 keeps BigInts in registers where their 64 bits are all that counts: half the time of 32 bits at once.
      const end = to >>> 1;
      let at = i >>> 1;
      for (; at + 4 <= end; at += 4) {
        if (BigInt.asIntN(64, longs[at]! | longs[at + 1]! | longs[at + 2]! | longs[at + 3]!) !== 0n) break;
      }
      i = Math.max(i, at << 1);
    }
    while (i < to && words[i] === 0) i++;
    return i;
  }

  /**
   * Position of the first pair of words in [from, to) of {@link words} that is not the one given, or `to`.
   * @param from where a pair begins
   */
  firstUnlike(from: number, to: number, word0: number, word1: number): number {
    const { words, longs } = this;
    let i = from;
    if (words[i] === word0 && words[i + 1] === word1 && i < to) {
      // The first is one, so the others are compared with it: 64 bits at once, as in firstNonZero().
      const pair = longs[i >>> 1]!;
      const end = to >>> 1;
      let at = (i >>> 1) + 1;
      for (; at + 4 <= end; at += 4) {
        const unlike =
          (longs[at]! ^ pair) | (longs[at + 1]! ^ pair) | (longs[at + 2]! ^ pair) | (longs[at + 3]! ^ pair);
        if (BigInt.asIntN(64, unlike) !== 0n) break;
      }
      i = at << 1;
    }
    while (i < to && words[i] === word0 && words[i + 1] === word1) i += 2;
    return i;
  }

  /** The byte that fills a frame, or {@link MIXED}. */
  uniformByte(pfn: number): number {
    const tag = this.tag(pfn);
    return tag < FIRST_INDEX ? tag : MIXED;
  }

  /**
   * The byte that fills a range, where that is known without a look at the bytes; {@link MIXED} where it is not.
   * @param pa physical byte address
   * @param length bytes
   */
  uniformByteOf(pa: number, length: number): number {
    const pfn = Math.floor(pa * this.framesPerByte);
    const last = Math.floor((pa + length - 1) * this.framesPerByte);
    if (pfn === last) return this.uniformByte(pfn);
    const node = this.directory.get((pfn / NODE_FRAMES) | 0);
    const chunk = node ? node[(pfn >>> CHUNK_SHIFT) & (NODE_CHUNKS - 1)]! : 0;
    if (chunk >= FIRST_INDEX) return MIXED;
    const end = pfn - (pfn & (CHUNK_FRAMES - 1)) + CHUNK_FRAMES;
    return last < end || this.chunksAlike(end, last + 1, chunk) >= last + 1 - end ? chunk : MIXED;
  }

  /** The bytes of a frame, as they lie in memory. A copy. */
  readFrame(pfn: number): Uint8Array {
    const tag = this.tag(pfn);
    if (tag < FIRST_INDEX) return new Uint8Array(this.frameSize).fill(tag);
    const at = (tag - FIRST_INDEX) * this.frameSize;
    return this.bytes.slice(at, at + this.frameSize);
  }

  /** Gives a frame the bytes of another. */
  copyFrame(to: number, from: number): void {
    const byte = this.uniformByte(from);
    if (byte !== MIXED) {
      this.fillFrames(to, 1, byte);
      return;
    }
    const source = this.wordIndex(from * this.frameSize);
    const target = this.wordIndex(to * this.frameSize);
    this.words.copyWithin(target, source, source + this.frameSize / 4);
  }

  /**
   * memset().
   * @param pa physical byte address
   * @param length bytes
   */
  memset(pa: number, byte: number, length: number): void {
    if (length <= 0) return;
    const frameSize = this.frameSize;
    let pfn = Math.floor(pa * this.framesPerByte);
    const head = pa - pfn * frameSize;
    let left = length;
    if (head > 0 || left < frameSize) {
      const part = Math.min(left, frameSize - head);
      this.fillPart(pfn, head, part, byte);
      left -= part;
      pfn++;
    }
    const frames = Math.floor(left * this.framesPerByte);
    this.fillFrames(pfn, frames, byte);
    left -= frames * frameSize;
    if (left > 0) this.fillPart(pfn + frames, 0, left, byte);
  }

  /** memset() of whole frames. */
  fillFrames(pfn: number, frames: number, byte: number): void {
    if (frames === 1) {
      this.fillChunk(pfn, pfn & (CHUNK_FRAMES - 1), 1, byte);
      return;
    }
    const end = pfn + frames;
    while (pfn < end) {
      const index = pfn & (CHUNK_FRAMES - 1);
      const count = Math.min(end - pfn, CHUNK_FRAMES - index);
      this.fillChunk(pfn, index, count, byte);
      pfn += count;
    }
  }

  /**
   * memchr_inv(): is every byte of the range `byte`?
   * @param pa physical byte address
   * @param length bytes
   */
  isFilled(pa: number, byte: number, length: number): boolean {
    const frameSize = this.frameSize;
    const end = pa + length;
    while (pa < end) {
      const pfn = Math.floor(pa * this.framesPerByte);
      const head = pa - pfn * frameSize;
      const index = pfn & (CHUNK_FRAMES - 1);
      const node = this.directory.get((pfn / NODE_FRAMES) | 0);
      const chunk = node ? node[(pfn >>> CHUNK_SHIFT) & (NODE_CHUNKS - 1)]! : 0;
      if (chunk < FIRST_INDEX) {
        if (chunk !== byte) return false;
        pa = (pfn - index + CHUNK_FRAMES) * frameSize;
      } else if (head === 0 && end - pa >= frameSize) {
        const count = Math.min(CHUNK_FRAMES - index, Math.floor((end - pa) * this.framesPerByte));
        if (!this.areFilled(chunk - FIRST_INDEX, index, count, byte)) return false;
        // The answer is worth keeping: the next memset or scan of this chunk is one comparison.
        if (count === CHUNK_FRAMES) this.fillChunk(pfn, 0, CHUNK_FRAMES, byte);
        pa += count * frameSize;
      } else {
        const part = Math.min(end - pa, frameSize - head);
        if (!this.isPartFilled(pfn, head, part, byte)) return false;
        pa += part;
      }
    }
    return true;
  }

  /**
   * The range in pieces, ascending: whole frames that are filled with one byte, and single mixed frames.
   * @param pa physical byte address of a frame
   * @param length bytes, whole frames
   * @param onRun gets the offset and length of a piece in bytes and its byte, or {@link MIXED}
   */
  forEachRun(pa: number, length: number, onRun: (offset: number, length: number, byte: number) => void): void {
    const frames = length / this.frameSize;
    const first = pa / this.frameSize;
    for (let frame = 0; frame < frames;) {
      const pfn = first + frame;
      const node = this.directory.get((pfn / NODE_FRAMES) | 0);
      const chunk = node ? node[(pfn >>> CHUNK_SHIFT) & (NODE_CHUNKS - 1)]! : 0;
      const left = Math.min(frames - frame, CHUNK_FRAMES - (pfn & (CHUNK_FRAMES - 1)));
      if (chunk < FIRST_INDEX) {
        const count = Math.min(frames - frame, left + this.chunksAlike(pfn + left, first + frames, chunk));
        onRun(frame * this.frameSize, count * this.frameSize, chunk);
        frame += count;
        continue;
      }
      const count = this.alike(chunk - FIRST_INDEX, pfn & (CHUNK_FRAMES - 1), left);
      onRun(frame * this.frameSize, count * this.frameSize, this.uniformByte(pfn));
      frame += count;
    }
  }

  /** Frames of whole chunks in a row, from the first frame of one on, that are filled with a byte. */
  private chunksAlike(first: number, end: number, byte: number): number {
    let pfn = first;
    while (pfn < end) {
      const node = this.directory.get((pfn / NODE_FRAMES) | 0);
      const from = (pfn >>> CHUNK_SHIFT) & (NODE_CHUNKS - 1);
      const to = Math.min(NODE_CHUNKS, from + Math.ceil((end - pfn) / CHUNK_FRAMES));
      let at = from;
      if (!node) at = byte === 0 ? to : from;
      else while (at < to && node[at] === byte) at++;
      pfn += (at - from) * CHUNK_FRAMES;
      if (at < to) break;
    }
    return pfn - first;
  }

  /** Bytes of this process that the memory occupies. */
  heapBytes(): number {
    const nodes = this.directory.places.length;
    return this.words.byteLength + this.tags.byteLength + this.mixedFrames.byteLength + nodes * NODE_CHUNKS * 4;
  }

  /** Writes down every byte that is not zero. */
  save(to: StateWriter): void {
    to.word(this.directory.places.length);
    for (const index of this.directory.places) {
      const node = this.directory.get(index)!;
      to.word(index);
      const count = to.length;
      to.word(0);
      let chunks = 0;
      for (let at = 0; at < node[REACH]!; at++) {
        const chunk = node[at]!;
        if (chunk === 0) continue;
        chunks++;
        to.word(at);
        to.word(Math.min(chunk, SAVED_MIXED));
        if (chunk >= FIRST_INDEX) this.saveBlock(chunk - FIRST_INDEX, to);
      }
      to.set(count, chunks);
    }
  }

  /** Makes the memory what it was when it was saved. Positions in {@link words} change. */
  restore(from: StateReader): void {
    this.last = NO_IMAGE;
    this.tagChanges++;
    for (const index of this.directory.places) clearNode(this.directory.get(index)!);
    this.tagBlocks = 0;
    this.freeTagBlocks.length = 0;
    this.slots = 0;
    this.framesMove();
    this.freeSlots.length = 0;
    for (let nodes = from.word(); nodes > 0; nodes--) {
      const index = from.word();
      const node = this.directory.get(index) ?? this.node(index * NODE_FRAMES);
      for (let chunks = from.word(); chunks > 0; chunks--) {
        const at = from.word();
        const tag = from.word();
        if (tag === SAVED_MIXED) this.restoreBlock(this.split(node, at), from);
        else setChunk(node, at, tag);
      }
    }
  }

  /** Copies the memory as it lies: to a place where it costs as much as here, and is there again after a few copies. */
  capture(image: RamImage): void {
    image.words.keep(this.words, this.slots << this.slotShift);
    image.slots = this.slots;
    image.name = ++this.images;
    this.isLike(image.name);
    if (image.tagChanges !== this.tagChanges) this.captureTags(image);
  }

  private captureTags(image: RamImage): void {
    const { places } = this.directory;
    image.tagChanges = this.tagChanges;
    image.tags.keep(this.tags, this.tagBlocks << CHUNK_SHIFT);
    image.mixedFrames.keep(this.mixedFrames, this.tagBlocks);
    while (image.chunks.length < places.length) image.chunks.push(newNode());
    for (let n = 0; n < places.length; n++) copyNode(image.chunks[n]!, this.directory.get(places[n]!)!);
    image.nodes = places.length;
    image.tagBlocks = this.tagBlocks;
    refill(image.freeSlots, this.freeSlots);
    refill(image.freeTagBlocks, this.freeTagBlocks);
  }

  /** Makes the memory what it was when an image was made of it. */
  load(image: RamImage): void {
    this.loadWords(image);
    if (this.tagChanges !== image.tagChanges) this.loadTags(image);
  }

  private loadWords(image: RamImage): void {
    if (this.last !== image.name) image.words.putBack(this.words);
    else {
      for (let i = 0; i < this.touched.length; i++) {
        const slot = this.touched[i]!;
        if (slot < image.slots) image.words.putBackPart(this.words, slot, this.wordsPerFrame);
      }
    }
    this.isLike(image.name);
  }

  private loadTags(image: RamImage): void {
    const { places } = this.directory;
    image.tagChanges = ++this.tagChanges;
    image.tags.putBack(this.tags);
    image.mixedFrames.putBack(this.mixedFrames);
    for (let n = 0; n < image.nodes; n++) copyNode(this.directory.get(places[n]!)!, image.chunks[n]!);
    for (let n = image.nodes; n < places.length; n++) clearNode(this.directory.get(places[n]!)!);
    this.slots = image.slots;
    this.framesMove();
    this.tagBlocks = image.tagBlocks;
    refill(this.freeSlots, image.freeSlots);
    refill(this.freeTagBlocks, image.freeTagBlocks);
  }

  /** The name of the image that the memory was like last: the one that was made last, or gone back to. */
  get likeImage(): number {
    return this.last;
  }

  /** Whether {@link isTouched} tells what may have changed since the memory was like an image. */
  isFrom(image: number): boolean {
    return image === this.last && image !== NO_IMAGE;
  }

  /**
   * What a frame is filled with, or where its bytes lie: as long as these are not touched the same number stands for the
   * same bytes. The frame is not touched by that.
   */
  contentOf(pfn: number): number {
    return this.tag(pfn);
  }

  /** Whether {@link contentOf} may stand for other bytes than when the memory was like an image last. */
  isTouched(content: number): boolean {
    return content >= FIRST_INDEX && this.isSlotTouched[content - FIRST_INDEX] === 1;
  }

  /** Frames lie elsewhere from here on, or own no bytes any more. */
  private framesMove(): void {
    this.moves++;
    this.seen.fill(NOT_SEEN);
  }

  private saveBlock(block: number, to: StateWriter): void {
    const first = block << CHUNK_SHIFT;
    const { tags } = this;
    for (let i = first; i < first + CHUNK_FRAMES;) {
      const tag = tags[i]!;
      let next = i + 1;
      if (tag >= FIRST_INDEX) {
        to.word(1);
        to.word(SAVED_MIXED);
        this.saveSlot(tag - FIRST_INDEX, to);
      } else {
        while (next < first + CHUNK_FRAMES && tags[next] === tag) next++;
        to.word(next - i);
        to.word(tag);
      }
      i = next;
    }
  }

  private restoreBlock(block: number, from: StateReader): void {
    const first = block << CHUNK_SHIFT;
    for (let i = first; i < first + CHUNK_FRAMES;) {
      const next = i + from.word();
      const tag = from.word();
      if (tag === SAVED_MIXED) {
        const slot = this.takeSlot();
        this.restoreSlot(slot, from);
        this.tags[i] = slot + FIRST_INDEX;
        this.mixedFrames[block]!++;
      } else {
        this.tags.fill(tag, i, next);
      }
      i = next;
    }
  }

  private saveSlot(slot: number, to: StateWriter): void {
    const { words } = this;
    const end = (slot + 1) << this.slotShift;
    let literal = slot << this.slotShift;
    let at = literal;
    while (at < end) {
      const word = words[at]!;
      let next = at + 1;
      if (word === 0) next = this.firstNonZero(next, end);
      else while (next < end && words[next] === word) next++;
      if (next - at >= MIN_REPEAT) {
        saveWords(words, literal, at, to);
        to.word(SAVED_REPEAT | (next - at));
        to.word(word);
        literal = next;
      }
      at = next;
    }
    saveWords(words, literal, end, to);
  }

  private restoreSlot(slot: number, from: StateReader): void {
    const end = (slot + 1) << this.slotShift;
    for (let at = slot << this.slotShift; at < end;) {
      const count = from.word();
      const next = at + (count & ~SAVED_REPEAT);
      if (count < 0) this.words.fill(from.word(), at, next);
      else from.copy(this.words, at, next);
      at = next;
    }
  }

  /** How many frames from `index` on, `limit` at most, have the same byte; 1 for a mixed one. */
  private alike(block: number, index: number, limit: number): number {
    const { tags } = this;
    const first = (block << CHUNK_SHIFT) | index;
    const tag = tags[first]!;
    if (tag >= FIRST_INDEX) return 1;
    let next = first + 1;
    while (next < first + limit && tags[next] === tag) next++;
    return next - first;
  }

  private tag(pfn: number): number {
    const node = this.directory.get((pfn / NODE_FRAMES) | 0);
    if (!node) return 0;
    const chunk = node[(pfn >>> CHUNK_SHIFT) & (NODE_CHUNKS - 1)]!;
    if (chunk < FIRST_INDEX) return chunk;
    return this.tags[((chunk - FIRST_INDEX) << CHUNK_SHIFT) | (pfn & (CHUNK_FRAMES - 1))]!;
  }

  /** Of a frame whose chunk is not uniform. */
  private setTag(pfn: number, tag: number): void {
    const chunk = this.node(pfn)[(pfn >>> CHUNK_SHIFT) & (NODE_CHUNKS - 1)]!;
    this.tags[((chunk - FIRST_INDEX) << CHUNK_SHIFT) | (pfn & (CHUNK_FRAMES - 1))] = tag;
  }

  private node(pfn: number): Int32Array {
    const index = Math.floor(pfn / NODE_FRAMES);
    const known = this.directory.get(index);
    if (known) return known;
    if (!(pfn >= 0 && pfn * this.frameSize < PHYSICAL_ADDRESS_LIMIT)) {
      throw new PhysicalAddressError(`frame ${hex(pfn)} lies outside the physical address space`);
    }
    return this.directory.add(index, newNode());
  }

  /** Whether frames of a chunk in a row are filled. The last one is asked first: the end of a leaf is in use the longest. */
  private areFilled(block: number, index: number, count: number, byte: number): boolean {
    const first = (block << CHUNK_SHIFT) | index;
    const last = first + count - 1;
    const { tags } = this;
    if (!this.isTagFilled(tags[last]!, byte)) return false;
    for (let i = first; i < last; i++) {
      // Four frames that are uniform, as most are, are compared at once.
      while (
        i + 4 <= last &&
        ((tags[i]! ^ byte) | (tags[i + 1]! ^ byte) | (tags[i + 2]! ^ byte) | (tags[i + 3]! ^ byte)) === 0
      )
        i += 4;
      if (!this.isTagFilled(tags[i]!, byte)) return false;
    }
    return true;
  }

  /** Whether a frame is filled, by its tag. */
  private isTagFilled(tag: number, byte: number): boolean {
    return tag < FIRST_INDEX ? tag === byte : this.isSlotFilled(tag - FIRST_INDEX, 0, this.frameSize, byte);
  }

  private isPartFilled(pfn: number, from: number, length: number, byte: number): boolean {
    const tag = this.tag(pfn);
    return tag < FIRST_INDEX ? tag === byte : this.isSlotFilled(tag - FIRST_INDEX, from, length, byte);
  }

  private isSlotFilled(slot: number, from: number, length: number, byte: number): boolean {
    const bytes = this.bytes;
    let at = slot * this.frameSize + from;
    const end = at + length;
    for (; at < end && (at & 3) !== 0; at++) if (bytes[at] !== byte) return false;
    const words = this.words;
    const word = byte * 0x01010101;
    for (; at + 4 <= end; at += 4) if (words[at >>> 2] !== word) return false;
    for (; at < end; at++) if (bytes[at] !== byte) return false;
    return true;
  }

  private fillPart(pfn: number, from: number, length: number, byte: number): void {
    if (this.tag(pfn) === byte) return;
    this.fills++;
    const at = this.own(pfn) * this.frameSize + from;
    this.bytes.fill(byte, at, at + length);
  }

  private fillChunk(pfn: number, index: number, count: number, byte: number): void {
    const directory = this.directory.get((pfn / NODE_FRAMES) | 0);
    if (!directory && byte === 0) return;
    const node = directory ?? this.node(pfn);
    if (node[(pfn >>> CHUNK_SHIFT) & (NODE_CHUNKS - 1)] !== byte) this.changeChunk(node, pfn, index, count, byte);
  }

  private changeChunk(node: Int32Array, pfn: number, index: number, count: number, byte: number): void {
    const at = (pfn >>> CHUNK_SHIFT) & (NODE_CHUNKS - 1);
    const chunk = node[at]!;
    const isKnown = chunk >= FIRST_INDEX && count < CHUNK_FRAMES;
    if (isKnown && this.areUniform(chunk - FIRST_INDEX, index, count, byte)) return;
    this.fills++;
    this.tagChanges++;
    if (this.isHeld && chunk >= FIRST_INDEX && this.mixedFrames[chunk - FIRST_INDEX]! > 0) {
      this.fillHeld(chunk - FIRST_INDEX, pfn, index, count, byte);
      return;
    }
    if (count === CHUNK_FRAMES) {
      if (chunk >= FIRST_INDEX) this.releaseTagBlock(chunk - FIRST_INDEX);
      setChunk(node, at, byte);
      return;
    }
    const block = chunk < FIRST_INDEX ? this.split(node, at) : chunk - FIRST_INDEX;
    const first = (block << CHUNK_SHIFT) | index;
    if (count === 1) {
      const tag = this.tags[first]!;
      if (tag >= FIRST_INDEX) {
        this.moves++;
        this.seen[pfn & (FRAMES_SEEN - 1)] = NOT_SEEN;
        this.freeSlots.push(tag - FIRST_INDEX);
        this.mixedFrames[block]!--;
      }
      this.tags[first] = byte;
      return;
    }
    this.releaseSlots(block, first, count);
    this.tags.fill(byte, first, first + count);
  }

  /** Whether frames of a chunk in a row own no bytes and are filled with one. */
  private areUniform(block: number, index: number, count: number, byte: number): boolean {
    const first = (block << CHUNK_SHIFT) | index;
    let at = first;
    while (at < first + count && this.tags[at] === byte) at++;
    return at === first + count;
  }

  /** Fills frames of a chunk, those that own bytes where these lie. */
  private fillHeld(block: number, pfn: number, index: number, count: number, byte: number): void {
    const first = (block << CHUNK_SHIFT) | index;
    for (let i = 0; i < count; i++) {
      const tag = this.tags[first + i]!;
      if (tag < FIRST_INDEX) {
        this.tags[first + i] = byte;
        continue;
      }
      const at = (tag - FIRST_INDEX) * this.frameSize;
      this.bytes.fill(byte, at, at + this.frameSize);
      this.filledInPlace.push(pfn + i);
    }
  }

  /** Gives the frame bytes of its own and returns its slot. */
  private own(pfn: number): number {
    const node = this.node(pfn);
    const at = (pfn >>> CHUNK_SHIFT) & (NODE_CHUNKS - 1);
    const chunk = node[at]!;
    const block = chunk < FIRST_INDEX ? this.split(node, at) : chunk - FIRST_INDEX;
    const index = (block << CHUNK_SHIFT) | (pfn & (CHUNK_FRAMES - 1));
    const tag = this.tags[index]!;
    if (tag >= FIRST_INDEX) {
      this.touch(tag - FIRST_INDEX);
      return tag - FIRST_INDEX;
    }
    const slot = this.takeSlot();
    this.tagChanges++;
    this.bytes.fill(tag, slot * this.frameSize, (slot + 1) * this.frameSize);
    this.tags[index] = slot + FIRST_INDEX;
    this.mixedFrames[block]!++;
    return slot;
  }

  /** Moves frames into slots that follow each other, and returns the first of these. */
  private moveToRow(pfn: number, count: number): number {
    const start = this.takeRow(count);
    this.framesMove();
    this.tagChanges++;
    const { wordsPerFrame } = this;
    for (let i = 0; i < count; i++) {
      this.touch(start + i);
      const slot = this.own(pfn + i);
      this.words.copyWithin((start + i) * wordsPerFrame, slot * wordsPerFrame, (slot + 1) * wordsPerFrame);
      this.freeSlots.push(slot);
      this.setTag(pfn + i, start + i + FIRST_INDEX);
    }
    return start;
  }

  private split(node: Int32Array, at: number): number {
    const block = this.freeTagBlocks.pop() ?? this.tagBlocks++;
    if (block >= this.mixedFrames.length) {
      this.tags = grown(this.tags, Int32Array);
      this.mixedFrames = grown(this.mixedFrames, Int32Array);
    }
    this.tags.fill(node[at]!, block << CHUNK_SHIFT, (block + 1) << CHUNK_SHIFT);
    this.mixedFrames[block] = 0;
    setChunk(node, at, block + FIRST_INDEX);
    return block;
  }

  private releaseTagBlock(block: number): void {
    this.releaseSlots(block, block << CHUNK_SHIFT, CHUNK_FRAMES);
    this.freeTagBlocks.push(block);
  }

  private releaseSlots(block: number, first: number, count: number): void {
    if (this.mixedFrames[block] === 0) return;
    this.framesMove();
    for (let i = first; i < first + count; i++) {
      const tag = this.tags[i]!;
      if (tag < FIRST_INDEX) continue;
      this.freeSlots.push(tag - FIRST_INDEX);
      this.mixedFrames[block]!--;
      this.tags[i] = 0;
    }
  }

  private takeSlot(): number {
    const slot = this.freeSlots.pop() ?? this.slots++;
    this.makeRoomFor(slot + 1);
    this.touch(slot);
    return slot;
  }

  private touch(slot: number): void {
    if (slot >= this.isSlotTouched.length) this.isSlotTouched = grown(this.isSlotTouched, Uint8Array, slot);
    if (this.isSlotTouched[slot] === 1) return;
    this.isSlotTouched[slot] = 1;
    this.touched.push(slot);
  }

  /** The memory is like an image from here on: nobody has asked for anything. */
  private isLike(name: number): void {
    this.last = name;
    for (let i = 0; i < this.touched.length; i++) this.isSlotTouched[this.touched[i]!] = 0;
    this.touched.length = 0;
    // Who asks for a frame that is remembered would not be noticed.
    this.seen.fill(NOT_SEEN);
  }

  /** Slots that follow each other: free ones if there are, as tables that come and go leave them behind. */
  private takeRow(count: number): number {
    const free = this.freeSlots.sort((a, b) => a - b);
    const at = free.findIndex((slot, i) => free[i + count - 1] === slot + count - 1);
    if (at >= 0) return free.splice(at, count)[0]!;
    const slot = this.slots;
    this.slots += count;
    this.makeRoomFor(this.slots);
    return slot;
  }

  private makeRoomFor(slots: number): void {
    while (slots * this.wordsPerFrame > this.words.length) {
      this.store.grow();
      this.storeMoved();
    }
  }
}

const newNode = (): Int32Array => new Int32Array(NODE_CHUNKS + 1);

function setChunk(node: Int32Array, at: number, tag: number): void {
  node[at] = tag;
  if (at >= node[REACH]!) node[REACH] = at + 1;
}

function clearNode(node: Int32Array): void {
  node.fill(0, 0, node[REACH]);
  node[REACH] = 0;
}

function copyNode(to: Int32Array, from: Int32Array): void {
  const end = from[REACH]!;
  if (to[REACH]! > end) to.fill(0, end, to[REACH]);
  to.set(from.subarray(0, end));
  to[REACH] = end;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Uint32Array<ArrayBuffer>): Uint8Array<ArrayBuffer> =>
  new Uint8Array(buffer, byteOffset, byteLength);

const longsOf = ({ buffer, byteOffset, length }: Uint32Array<ArrayBuffer>): BigInt64Array<ArrayBuffer> =>
  new BigInt64Array(buffer, byteOffset, length / 2);

function saveWords(words: Uint32Array, from: number, to: number, state: StateWriter): void {
  if (from === to) return;
  state.word(to - from);
  state.copy(words, from, to);
}
