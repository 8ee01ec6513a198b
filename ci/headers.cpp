// Compiles the precompiled headers (CMakeLists.txt); it has nothing of its own.
