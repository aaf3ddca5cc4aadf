// Fusion of n registered frames (Mertens, Kautz, Van Reeth: "Exposure Fusion", Pacific Graphics 2007), and multi-band blending of
// layers (Burt, Adelson: "A Multiresolution Spline", ACM TOG 1983) with the same pyramids. The picture is cut into square output tiles; the K finest
// levels are made tile by tile, the others at once:
//
//   fusionDown    for each output tile: weights and K halvings of each frame
//   fusionReduce  once: all coarser levels, blended and collapsed
//   fusionUp      for each output tile: the fine levels again, the collapsed coarse level added, the tile emitted
//
// Any tile size and any K give the same bits: windows and borders are in the picture's coordinates, and frames are summed by index.
//
// fusionDown and fusionUp take the same arguments:
//    0, 1   width and height of the picture
//    2      levels of the pyramid, the finest included: 2 … 24
//    3      K, 1 … 8 and less than the levels
//    4      side of the output tiles, a multiple of 2^K, at most 4,096
//    5, 6   column and row of this tile
//    7      n: frames in this task, 1 … 64
//    8      mode: 0 fusion (each frame must cover the window); 1 blending (a layer may cover any part, the weights are its masks, and each level is divided by
//           the sum of its weights)
//    9-11   exponents of contrast, saturation and well-exposedness, 0 … 8 (0, 0, 0 for blending)
//    12     what fusionUp emits: 1 = u8, 2 = u16, 3 = f32 (not clamped), 4 = u16 in fixed point and its histograms, for fusionNormalize
//    13     channels that fusionUp emits: 3, or 4 with alpha: the greatest value where any frame has weight, else 0
//    14 …   n flags: 1 when the frame has a mask; its weight is then 0 where no mask tile lies
//    then   four numbers for each tile among the inputs: index of the frame, 0 = samples or 1 = mask, x and y of its first pixel in the picture
// Inputs: (fusionUp: the tile of fusionReduce, then) the tiles, in that order, of any size. Samples have 1 channel (grey), 3 (RGB) or 4 (RGB, and a factor of the
// weight), u8, u16 or f32; a mask has 1 channel and is a factor of the weight. All tiles that meet the tile's window must be given: `fusionHalo(K)` pixels
// more on each side (graph/fusion-windows.ts). A layer has RGB 0 and weight 0 where it has no tile, so let a layer reach over the edge of its mask (a warp
// that repeats its border): what lies within 2^levels pixels of a mask seeps into the picture.
// Outputs: fusionDown: for each frame level K of RGB and weight, f32 of 4 channels, the part that belongs to the tile alone. fusionUp: the tile; and
// with kind 4 its histograms.
//
// fusionReduce: 0-4 as above; 5 the number of frames; 6 the mode; then for each input the frame and the number of the tile (row · columns + column).
// Pairs that are not given count as zero. Inputs: outputs of fusionDown. Outputs: for each tile of the picture the collapsed level K with its margin.
