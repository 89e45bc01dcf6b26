"""The other side of benchmarks/faces.py: the `face_recognition` package on the same photo, in its own Python.

    PYTHON benchmarks/peer_faces.py PHOTO.jpg hog|cnn

It reads one line for each round from standard input and answers with processor seconds and faces found, so
that both sides run in turn. PYTHON belongs to an environment with face_recognition and dlib (or dlib-bin);
a NumPy without `dlib`'s threads is asked for by the caller.
"""

from __future__ import annotations

import json
import sys
import time


def main() -> None:
    """Answer until standard input ends."""
    import face_recognition  # type: ignore[import-not-found]

    photo = face_recognition.load_image_file(sys.argv[1])
    model = sys.argv[2]
    sys.stdout.write(json.dumps({"ready": face_recognition.__version__}) + "\n")
    sys.stdout.flush()
    for line in sys.stdin:
        del line
        begin = time.process_time()
        boxes = face_recognition.face_locations(photo, model=model)
        vectors = face_recognition.face_encodings(photo, boxes)
        spent = time.process_time() - begin
        sys.stdout.write(json.dumps({"seconds": spent, "faces": len(vectors)}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
